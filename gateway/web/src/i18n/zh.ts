import type en from "@/i18n/en";

const zh: typeof en = {
  app: { name: "Tapeline", skip: "跳到内容", menu: "视图" },
  views: {
    desk: "交易台", orders: "订单", decisions: "决策", risk: "风险", backtests: "回测",
    system: "系统", admin: "管理",
  },
  session: {
    signIn: "登录", signOut: "退出", everywhere: "在所有设备退出", name: "用户名",
    password: "密码", code: "验证器代码", newPassword: "新密码",
    join: "设置您的密码", welcome: "由主题构成的交易台",
    expired: "会话已结束，请重新登录。", short: "至少 12 个字符。",
  },
  state: {
    live: "实时", connecting: "连接中", away: "断开",
    awayLong: "网关没有应答。所见数据可能已过时，系统会自动重试。",
    brokerAway: "Kafka 没有应答：此处行情静止，订单等待中。系统会自动重试。",
    none: "暂无内容", more: "显示更多", pages: "分页", page: "第 {page} / {pages} 页",
    newer: "较新", older: "较早",
    theme: "浅色或深色", language: "语言", close: "关闭", cancel: "取消", save: "保存",
    done: "完成",
  },
  market: {
    market: "市场", last: "最新", bid: "买一", ask: "卖一", depth: "深度",
    tape: "成交流水", price: "价格", quantity: "数量", side: "方向", time: "时间", buy: "买入",
    sell: "卖出", chart: "K线", interval: "周期", gapped: "订单簿有缺口",
    stale: "订单簿已过时", crossed: "订单簿交叉", total: "累计", signals: "信号", everyVenue: "全部交易所",
    chartText: "{symbol} 的 K 线，周期 {interval}：共 {count} 根，最新收盘 {close}",
  },
  account: {
    account: "账户", equity: "权益", positions: "持仓", entry: "开仓价", mark: "标记价",
    unrealised: "未实现", realised: "已实现", fees: "手续费", funding: "资金费",
    stop: "止损", target: "止盈", exposure: "敞口",
    won: "{closed} 笔中盈利 {won} 笔", span: "时间范围", hour: "1 小时", day: "1 天", month: "30 天",
    curveText: "{count} 个时点的盈亏，当前 {earned}",
    noCurve: "暂无数据：曲线来自存储，交易期间每十秒一个点。", pnl: "盈亏",
  },
  orders: {
    place: "下单", placed: "指令 {id} 正在通过风控",
    type: "类型", limit: "限价", market: "市价", stop: "止损", stop_limit: "止损限价",
    trigger: "触发价", cancel: "撤单", cancelAll: "全部撤单", why: "为什么？",
    state: "状态", filled: "已成交", strategy: "策略", origin: "来源", open: "当前订单",
    all: "全部", past: "历史订单", person: "人工", risk: "风控", sent: "订单", cancelled: "已撤销", refused: "被拒绝", reduce: "只减仓", post: "只做挂单", protection: "保护",
    approve: "批准", reject: "驳回",
    fills: "成交",
  },
  why: {
    title: "为何下此订单", loading: "正在主题中查找来龙去脉",
    order: "订单", decision: "决策", signal: "信号", ticks: "行情",
    raw: "原始数据帧", checks: "风控检查", passed: "通过",
    refused: "拒绝", found: "实际 {value}，允许 {limit}",
    same: "重新计算：字节完全一致",
    differs: "重新计算：存在差异",
  },
  decisions: {
    verdict: "结论", confidence: "置信度", advisor: "顾问", weight: "权重",
    reasons: "理由", advice: "模型建议", model: "模型", cost: "费用",
    enable: "启动", disable: "停止", votes: "投票", untraded: "没有策略交易此市场。",
  },
  strategies: {
    title: "{account} 的策略", on: "运行中", stopped: "已停止", markets: "市场", every: "全部市场",
    parameters: "参数", asks: "询问 {advisors}", change: "启动或停止", stop: "停止 {name}", start: "启动 {name}",
    stopText: "此账户不再交易该策略。已有持仓及其止损、止盈保持不变。",
    startText: "该策略可立即在其全部市场开仓。",
  },
  answer: {
    waits: "指令正在送往交易台。", taken: "交易台已接受指令。", refused: "交易台拒绝了指令：{why}",
  },
  risk: {
    limits: "限额", limit: "限额", value: "数值", halt: "暂停交易", resume: "解除暂停",
    halted: "已暂停：{why}", running: "允许开仓", why: "原因", flatten: "全部平仓",
    haltText: "在风控人员解除之前不再开新仓，平仓不受影响。",
    resumeText: "策略可立即重新开仓。",
    flattenText: "撤销全部订单，并按市价平掉全部持仓。",
    confirm: "输入 {word} 以确认", set: "设置", exposure: "敞口",
  },
  backtests: {
    start: "开始回测", progress: "进度", report: "报告", beside: "对比两次",
    from: "录制数据", started: "开始时间", state: "状态", stop: "停止",
    result: "结果", none: "还没有回测，请开始一个。",
  },
  system: {
    flow: "读取与写入", stages: "阶段", stage: "阶段", rate: "每秒记录", lag: "滞后",
    events: "事件", topics: "主题", topic: "主题", alerts: "告警", severity: "级别",
    text: "内容", ends: "记录数", healthy: "一切正常", trouble: "警告与错误",
    broker: "没有应答，系统会自动重试", late: "落后 {count} 条记录",
  },
  admin: {
    settings: "设置", setting: "设置项", value: "值",
    settingsText: "本交易台的运行设置，密钥已隐藏。在 {file} 或环境变量中修改，重启后生效。",
    users: "用户", role: "角色", accounts: "账户", invite: "邀请", keys: "API 密钥",
    scopes: "范围", expires: "到期", revoke: "吊销", exchange: "交易所密钥",
    audit: "审计日志",
    create: "创建", shownOnce: "仅显示一次，请立即保存。", sealed: "已为执行器加密，此处无人可读。",
    venue: "交易所", key: "密钥", secret: "私钥", addresses: "允许的地址", at: "时间",
    who: "用户", what: "操作", profile: "个人资料", totp: "二次验证", link: "一次性链接",
  },
  fault: { title: "操作未成功" },
};

export default zh;

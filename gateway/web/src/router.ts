import { createRouter, createWebHistory } from "vue-router";

import { useSession } from "@/stores/session";

/** The views, in the order of the menu; right: without it a view is not shown. */
export const VIEWS = [
  { name: "desk", path: "/", right: "read" },
  { name: "orders", path: "/orders", right: "read" },
  { name: "decisions", path: "/decisions", right: "read" },
  { name: "risk", path: "/risk", right: "read" },
  { name: "backtests", path: "/backtests", right: "backtest" },
  { name: "system", path: "/system", right: "read" },
  { name: "admin", path: "/admin", right: "read" },
] as const;

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { name: "desk", path: "/", component: () => import("@/views/DeskView.vue") },
    { name: "orders", path: "/orders", component: () => import("@/views/OrdersView.vue") },
    { name: "decisions", path: "/decisions", component: () => import("@/views/DecisionsView.vue") },
    { name: "risk", path: "/risk", component: () => import("@/views/RiskView.vue") },
    { name: "backtests", path: "/backtests", component: () => import("@/views/BacktestsView.vue") },
    { name: "system", path: "/system", component: () => import("@/views/SystemView.vue") },
    { name: "admin", path: "/admin", component: () => import("@/views/AdminView.vue") },
    { name: "sign-in", path: "/sign-in", component: () => import("@/views/SignInView.vue") },
    { name: "join", path: "/join", component: () => import("@/views/JoinView.vue") },
    { path: "/:rest(.*)*", redirect: "/" },
  ],
});

const OPEN = new Set(["sign-in", "join"]);

/** A one-time link: its secret is behind the #, which no server is told. */
const LINK = /^#\/join\/([\w-]+)$/;

router.beforeEach(async (to) => {
  const link = LINK.exec(to.hash);
  if (link) return { name: "join", hash: `#${link[1]}` };
  const session = useSession();
  if (!session.known) await session.load().catch(() => undefined);
  if (session.person === null && !OPEN.has(String(to.name))) {
    return { name: "sign-in", query: { next: to.fullPath } };
  }
  return true;
});

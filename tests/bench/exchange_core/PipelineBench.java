import exchange.core2.core.ExchangeApi;
import exchange.core2.core.ExchangeCore;
import exchange.core2.core.common.*;
import exchange.core2.core.common.api.*;
import exchange.core2.core.common.api.binary.BatchAddSymbolsCommand;
import exchange.core2.core.common.cmd.*;
import exchange.core2.core.common.config.*;
import exchange.core2.core.orderbook.OrderBookDirectImpl;
import java.io.*;
import java.nio.*;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;

/**
 * PipelineBench FILE SYMBOLS HIGHEST ACCOUNTS KIND WAIT: exchange-core's whole pipeline (grouping,
 * risk, matching, release, results) over rows of tapeline's commands, each of an account that has
 * more money than it can spend. KIND: spot or margin; WAIT: how its threads wait. A line on stdin is
 * a round from an empty exchange; its answer on stdout is `nanoseconds trades volume hash`. The
 * commands are made before the clock starts, as in exchange-core's own tests of its throughput.
 */
public class PipelineBench {
    static final int PLACE = 1, CANCEL = 2, REDUCE = 3, AMEND = 4, MARKET = 1, IOC = 1, WORDS = 8;
    static final long MONEY = 1L << 48;
    static ApiCommand[] commands;
    static long trades, volume, hash, refused;
    static volatile CountDownLatch left;
    static volatile boolean counting;
    static long expected;

    static ApiCommand command(LongBuffer rows, int at, long highest) {
        long word = rows.get(at), id = rows.get(at + 1), uid = rows.get(at + 2);
        int symbol = (int) (word >>> 32);
        boolean buys = (word >> 8 & 255) == 0;
        switch ((int) (word & 255)) {
            case PLACE: {
                boolean market = (word >> 16 & 255) == MARKET;
                long price = market ? (buys ? highest : 1) : rows.get(at + 3);
                return ApiPlaceOrder.builder().orderId(id).uid(uid).symbol(symbol).price(price)
                    .reservePrice(highest).size(rows.get(at + 4))
                    .action(buys ? OrderAction.BID : OrderAction.ASK)
                    .orderType((word >> 24 & 3) == IOC ? OrderType.IOC : OrderType.GTC).build();
            }
            case CANCEL: return ApiCancelOrder.builder().orderId(id).uid(uid).symbol(symbol).build();
            case REDUCE: return ApiReduceOrder.builder().orderId(id).uid(uid).symbol(symbol)
                .reduceSize(rows.get(at + 4)).build();
            case AMEND: return ApiMoveOrder.builder().orderId(id).uid(uid).symbol(symbol)
                .newPrice(rows.get(at + 3)).build();
            default: throw new IllegalStateException("op of row " + at / WORDS);
        }
    }

    static void read(String file, long highest) throws IOException {
        LongBuffer rows = ByteBuffer.wrap(Files.readAllBytes(Paths.get(file)))
            .order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
        commands = new ApiCommand[rows.remaining() / WORDS];
        for (int i = 0; i < commands.length; i++) commands[i] = command(rows, i * WORDS, highest);
    }

    static void result(OrderCommand command, long seq) {
        if (!counting) {
            if (command.command == OrderCommandType.ADD_USER
                || command.command == OrderCommandType.BALANCE_ADJUSTMENT) left.countDown();
            return;
        }
        if (command.resultCode == CommandResultCode.RISK_NSF) refused++;
        MatcherTradeEvent event = command.matcherEvent;
        while (event != null) {
            if (event.eventType == MatcherEventType.TRADE) {
                hash = (hash * 1000003L) ^ (command.orderId * 7 + event.matchedOrderId * 13
                    + event.price * 17 + event.size * 19);
                trades++;
                volume += event.size;
            }
            event = event.nextEvent;
        }
        if (--expected == 0) left.countDown();
    }

    static ExchangeCore core(String wait) {
        PerformanceConfiguration pace = PerformanceConfiguration.throughputPerformanceBuilder()
            .matchingEnginesNum(1).riskEnginesNum(1).threadFactory(Thread::new)
            .waitStrategy(CoreWaitStrategy.valueOf(wait)).orderBookFactory(OrderBookDirectImpl::new)
            .build();
        return ExchangeCore.builder().resultsConsumer(PipelineBench::result)
            .exchangeConfiguration(ExchangeConfiguration.defaultBuilder()
                .initStateCfg(InitialStateConfiguration.CLEAN_TEST).performanceCfg(pace)
                .ordersProcessingCfg(OrdersProcessingConfiguration.DEFAULT)
                .loggingCfg(LoggingConfiguration.DEFAULT).build())
            .build();
    }

    static void open(ExchangeApi api, int symbols, int accounts, boolean spot) throws Exception {
        List<CoreSymbolSpecification> all = new ArrayList<>();
        for (int symbol = 0; symbol < symbols; symbol++) {
            all.add(CoreSymbolSpecification.builder().symbolId(symbol)
                .type(spot ? SymbolType.CURRENCY_EXCHANGE_PAIR : SymbolType.FUTURES_CONTRACT)
                .baseCurrency(1).quoteCurrency(2).baseScaleK(1).quoteScaleK(1).takerFee(1)
                .makerFee(1).marginBuy(5_000).marginSell(5_000).build());
        }
        api.submitBinaryDataAsync(new BatchAddSymbolsCommand(all)).get();
        left = new CountDownLatch(3 * accounts);
        for (int uid = 1; uid <= accounts; uid++) {
            api.submitCommand(ApiAddUser.builder().uid(uid).build());
            for (int currency = 1; currency <= 2; currency++) {
                api.submitCommand(ApiAdjustUserBalance.builder().uid(uid).currency(currency)
                    .amount(MONEY).transactionId(currency).build());
            }
        }
        left.await();
    }

    public static void main(String[] words) throws Exception {
        read(words[0], Long.parseLong(words[2]));
        BufferedReader rounds = new BufferedReader(new InputStreamReader(System.in));
        while (rounds.readLine() != null) {
            counting = false;
            ExchangeCore core = core(words[5]);
            core.startup();
            ExchangeApi api = core.getApi();
            open(api, Integer.parseInt(words[1]), Integer.parseInt(words[3]), words[4].equals("spot"));
            trades = volume = hash = refused = 0;
            expected = commands.length;
            left = new CountDownLatch(1);
            counting = true;
            System.gc();
            long began = System.nanoTime();
            for (ApiCommand command : commands) api.submitCommand(command);
            left.await();
            long took = System.nanoTime() - began;
            core.shutdown();
            if (refused != 0) throw new IllegalStateException(refused + " orders had no money");
            System.out.println(took + " " + trades + " " + volume + " " + hash);
            System.out.flush();
        }
        System.exit(0);
    }
}

import exchange.core2.collections.objpool.ObjectsPool;
import exchange.core2.core.common.*;
import exchange.core2.core.common.cmd.*;
import exchange.core2.core.common.config.LoggingConfiguration;
import exchange.core2.core.orderbook.*;
import java.io.*;
import java.nio.*;
import java.nio.file.*;
import java.util.*;

/**
 * OrderBookBench FILE SYMBOLS HIGHEST: exchange-core's OrderBookDirectImpl alone, on one thread,
 * over rows of tapeline's commands. A line on stdin is a round from empty books; its answer on
 * stdout is `nanoseconds trades volume hash`. Events are pooled, as its own pipeline does.
 */
public class OrderBookBench {
    static final int PLACE = 1, CANCEL = 2, REDUCE = 3, AMEND = 4, MARKET = 1, IOC = 1, WORDS = 8;
    static long[] head, id, price, size;
    static long highest, trades, volume, hash;

    static void read(String file) throws IOException {
        LongBuffer rows = ByteBuffer.wrap(Files.readAllBytes(Paths.get(file)))
            .order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
        int count = rows.remaining() / WORDS;
        head = new long[count]; id = new long[count]; price = new long[count]; size = new long[count];
        for (int i = 0; i < count; i++) {
            head[i] = rows.get(i * WORDS);
            id[i] = rows.get(i * WORDS + 1);
            price[i] = rows.get(i * WORDS + 3);
            size[i] = rows.get(i * WORDS + 4);
        }
    }

    static final class Pool {
        final ArrayDeque<MatcherTradeEvent> free = new ArrayDeque<>(1 << 16);

        MatcherTradeEvent take() {
            MatcherTradeEvent event = free.pollLast();
            if (event == null) return new MatcherTradeEvent();
            event.nextEvent = null;
            return event;
        }
    }

    static IOrderBook[] books(int symbols, Pool pool) {
        HashMap<Integer, Integer> sizes = new HashMap<>();
        sizes.put(ObjectsPool.DIRECT_ORDER, 1 << 18);
        sizes.put(ObjectsPool.DIRECT_BUCKET, 1 << 16);
        sizes.put(ObjectsPool.ART_NODE_4, 1 << 16);
        sizes.put(ObjectsPool.ART_NODE_16, 1 << 15);
        sizes.put(ObjectsPool.ART_NODE_48, 1 << 13);
        sizes.put(ObjectsPool.ART_NODE_256, 1 << 12);
        ObjectsPool objects = new ObjectsPool(sizes);
        OrderBookEventsHelper events = new OrderBookEventsHelper(pool::take);
        IOrderBook[] books = new IOrderBook[symbols];
        for (int symbol = 0; symbol < symbols; symbol++) {
            CoreSymbolSpecification about = CoreSymbolSpecification.builder().symbolId(symbol)
                .type(SymbolType.FUTURES_CONTRACT).baseCurrency(1).quoteCurrency(2).baseScaleK(1)
                .quoteScaleK(1).takerFee(0).makerFee(0).marginBuy(1).marginSell(1).build();
            books[symbol] =
                new OrderBookDirectImpl(about, objects, events, LoggingConfiguration.DEFAULT);
        }
        return books;
    }

    static void place(OrderCommand command, long word) {
        boolean buys = (word >> 8 & 255) == 0;
        command.command = OrderCommandType.PLACE_ORDER;
        command.orderType = (word >> 24 & 3) == IOC ? OrderType.IOC : OrderType.GTC;
        command.action = buys ? OrderAction.BID : OrderAction.ASK;
        command.reserveBidPrice = Long.MAX_VALUE;
        if ((word >> 16 & 255) == MARKET) command.price = buys ? highest : 1;
    }

    static void step(IOrderBook[] books, OrderCommand command, Pool pool, int i) {
        long word = head[i];
        command.orderId = id[i]; command.uid = 1; command.price = price[i]; command.size = size[i];
        command.matcherEvent = null;
        command.resultCode = CommandResultCode.VALID_FOR_MATCHING_ENGINE;
        switch ((int) (word & 255)) {
            case PLACE: place(command, word); break;
            case CANCEL: command.command = OrderCommandType.CANCEL_ORDER; break;
            case REDUCE: command.command = OrderCommandType.REDUCE_ORDER; break;
            case AMEND: command.command = OrderCommandType.MOVE_ORDER; break;
            default: throw new IllegalStateException("op of row " + i);
        }
        IOrderBook.processCommand(books[(int) (word >>> 32)], command);
        MatcherTradeEvent event = command.matcherEvent;
        while (event != null) {
            if (event.eventType == MatcherEventType.TRADE) {
                hash = (hash * 1000003L) ^ (command.orderId * 7 + event.matchedOrderId * 13
                    + event.price * 17 + event.size * 19);
                trades++;
                volume += event.size;
            }
            MatcherTradeEvent next = event.nextEvent;
            pool.free.addLast(event);
            event = next;
        }
    }

    public static void main(String[] words) throws IOException {
        read(words[0]);
        highest = Long.parseLong(words[2]);
        BufferedReader rounds = new BufferedReader(new InputStreamReader(System.in));
        while (rounds.readLine() != null) {
            Pool pool = new Pool();
            IOrderBook[] books = books(Integer.parseInt(words[1]), pool);
            OrderCommand command = new OrderCommand();
            trades = volume = hash = 0;
            System.gc();
            long began = System.nanoTime();
            for (int i = 0; i < head.length; i++) step(books, command, pool, i);
            long took = System.nanoTime() - began;
            System.out.println(took + " " + trades + " " + volume + " " + hash);
            System.out.flush();
        }
    }
}

"""Topics in Parquet files: what Kafka has kept for days, kept for years, byte for byte.

    DIR / market.raw / 2024-08-09 / binance%3ABTC%2FUSDT / 003-{first}-{last}-{digest}.parquet
          topic        UTC date     key                    partition, offsets, digest of rows

One row is one record: its value exactly as it was on the topic, its Kafka position beside it (never
in it), and the sequence and times of its head, so that a catalog need not read values. A topic of a
run with a prefix is a folder of its own, as it is a topic of its own.

What makes it exact after kill -9:
1. A file is written under a temporary name, fsynced, renamed, and its folder fsynced: a file that
   has its name is whole.
2. Offsets are committed after that, so what was not in a file is read again. The same records may
   then be in two files: readers drop what they have had by partition and offset, and then, as of a
   topic, by sequence per key.
3. Small files are merged into a new one before they are removed: in between, rule 2 holds.
"""

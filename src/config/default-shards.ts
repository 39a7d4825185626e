/** The number of shards of the stream of a new PostgreSQL database without a setting. */
export const DEFAULT_SHARDS = 16

/** A token of /sync names the position of each shard. */
export const MOST_SHARDS = 64

/** A download reads this much with one request, and holds it in memory. */
export const RANGE_BYTES = 524_288

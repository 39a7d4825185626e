/**
 * A copy of a text. V8 keeps the whole string in memory for each part of it, so what lives long must not be a
 * part of a long string.
 */
export const ownText = (text: string): string => Buffer.from(text).toString()

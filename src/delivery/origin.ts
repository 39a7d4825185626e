/** The origin of a pusher's URL, which all pushers of one gateway have in common; empty: it has none. */
export const originOf = (url: string | null): string => URL.parse(url ?? '')?.origin ?? ''

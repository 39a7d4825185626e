/** The origin of a pusher's URL. All pushers of a gateway have the same origin. Empty: no URL. */
export const originOf = (url: string | null): string => URL.parse(url ?? '')?.origin ?? ''

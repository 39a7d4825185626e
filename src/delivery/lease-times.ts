/** The lease of a lane of pokes: longer than any exchange with a gateway. */
export const POKE_LEASE_MS = 60_000

/** The lease of a lane of mails: longer than a mail can take, with the wait for a connection. */
export const MAIL_LEASE_MS = 300_000

export type Mail = {
  /** In its canonical form (`address.ts`). */
  to: string
  subject: string
  text: string
  html: string
  /** The language tag of the text. */
  language: string
  /** The part of the Message-ID before the @. A mail that is sent twice has the same id both times. */
  id: string
  /** A URL that unsubscribes from this kind of mail: GET shows a page, POST unsubscribes at once (RFC 8058). */
  unsubscribe?: string | undefined
}

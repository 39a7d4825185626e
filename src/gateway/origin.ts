/** The source of a notification. */
export type Origin = {
  /** Sent by the server that this gateway is part of. */
  isOwn: boolean
  /** The recipient, if it is a user of this server. */
  userId?: string | undefined
  /** The IP address of another server. */
  address?: string | undefined
}

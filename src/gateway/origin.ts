/** Where a notification comes from. */
export type Origin = {
  /** From the server that this gateway is part of. */
  isOwn: boolean
  /** The user of this server whom it is for. */
  userId?: string | undefined
  /** The address of another server. */
  address?: string | undefined
}

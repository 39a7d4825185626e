// What a crash run has recorded.

/** One poke, in the order of arrival at the gateway. */
export type ReceivedPoke = {
  pushkey: string
  /** Undefined: the poke contains only the badge. */
  eventId: string | undefined
  roomId: string | undefined
  unread: number | undefined
  /** How often the server had been killed before. */
  kills: number
  /** The time of arrival, in milliseconds. */
  at: number
  /**
   * The id of the process that sent it. Undefined: it had ended before its connection was accepted, or it is
   * not known.
   */
  process?: number | undefined
}

export type RunRecord = {
  /** Every message in the database at the end, by stream position. `tag` is the text that its sender chose. */
  stored: readonly { eventId: string; roomId: string; tag: string; position?: number }[]
  /** Event ids that the server returned, and the time of the response in milliseconds, by tag. */
  acknowledged: ReadonlyMap<string, { eventId: string; at: number }>
  pushers: readonly {
    pushkey: string
    rooms: ReadonlySet<string>
    /** Events that the user may have read before their poke. */
    read: ReadonlySet<string>
    /** The correct badge at the end. */
    badge: number
    /** Its pokes go to push gateways of the server, and the pushes of these are recorded instead. */
    isThroughGateways?: boolean
    /**
     * Events of a long queue of a failing pusher, of which the server has sent only the newest one of each
     * room. Default: none.
     */
    collapsed?: ReadonlySet<string> | undefined
  }[]
  pokes: readonly ReceivedPoke[]
  kills: number
  /**
   * The stream has one shard, so a pusher gets its pokes in the order of the events over all rooms; otherwise
   * in the order of each room.
   */
  isOrderedAcrossRooms: boolean
  /**
   * The longest time from the response to the sender until the poke, in milliseconds, without the part in
   * which the processes of the pusher may have been dead (`outagesOf`). With it, the outage of one process may
   * delay no poke by more than 15 s (`ONE_OUTAGE_MS`). Undefined: not limited.
   */
  latestMs?: number | undefined
  /** A process that continues may send one poke for each pusher that another process has sent meanwhile. */
  resumptions?: readonly Resumption[]
  /** Default: a kill is where `kills` of the pokes changes. */
  deaths?: readonly Death[]
  /** Default: none. */
  failedWrites?: readonly FailedWrite[]
  /** Responses with 503 or 408, which the senders have repeated. */
  unavailable?: number
}

/**
 * A signal to a process: when it was sent, and when the process was gone or stopped, in milliseconds. Another
 * process may take over in between.
 */
export type Death = {
  from: number
  to: number
  process?: number
  name?: string
  isStop?: boolean
  role?: ProcessRole
}

/** What a process of a cluster does. */
export type ProcessRole = 'http' | 'worker' | 'gateway' | 'all'

/** A process logged at this time, in milliseconds, that the database has refused a transaction. */
export type FailedWrite = { process: number; at: number }

/** A stopped process continued at this time, in milliseconds. */
export type Resumption = { process: number; at: number }

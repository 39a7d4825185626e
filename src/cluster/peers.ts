// Notices lost texts of other processes. Each process numbers its texts and says every 2 s how many it has
// sent. A text counts as lost when it is missing at the second report after it, so that texts may arrive in
// another order.

/** The time between two reports of a process. */
export const BEAT_MS = 2000
/** A process that is not heard for this time may have news that no other process has received. */
export const SILENT_MS = 4000
/** After this time without a text, a process has ended. Its texts are then those of a new process. */
const FORGOTTEN_MS = 20_000
/** The most texts that may arrive before an earlier one. */
const MAX_AHEAD = 1000

type Peer = {
  /** All texts up to this number have arrived, or count as lost. */
  complete: number
  /** The numbers above `complete` that have arrived. */
  ahead: Set<number>
  /** The number in the last report. */
  reported: number
  heardAt: number
  /** Looked at the database because of its silence. */
  lookedAt: number
}

export type Peers = {
  /** A text with news. */
  news(from: string, number: number): 'new' | 'repeated' | 'after a loss'
  /** A report. Returns whether a text was lost. */
  beat(from: string, number: number): boolean
  bye(from: string): void
  /** Whether a process has not been heard for so long that the database must be looked at. */
  findSilent(): boolean
  /** This process did not run for this time, and received no messages. */
  postpone(ms: number): void
  readonly size: number
}

/** `steady`: a monotonic clock, in milliseconds. */
export function createPeers(steady: () => number): Peers {
  const peers = new Map<string, Peer>()

  function heard(from: string, complete: number): { peer: Peer; isNew: boolean } {
    const now = steady()
    const known = peers.get(from)
    const peer = known ?? { complete, ahead: new Set(), reported: complete, heardAt: now, lookedAt: now }
    peer.heardAt = now
    if (known === undefined) peers.set(from, peer)
    return { peer, isNew: known === undefined }
  }

  return {
    news(from, number) {
      const { peer, isNew } = heard(from, number - 1)
      if (number <= peer.complete || peer.ahead.has(number)) return 'repeated'
      peer.ahead.add(number)
      const isOverfull = peer.ahead.size > MAX_AHEAD
      if (isOverfull) peer.complete = number
      closeUp(peer)
      return isOverfull || (isNew && number > 1) ? 'after a loss' : 'new'
    },
    beat(from, number) {
      const { peer, isNew } = heard(from, number)
      const isLost = peer.reported > peer.complete
      if (isLost) {
        peer.complete = peer.reported
        closeUp(peer)
      }
      // Reports may arrive in another order, too.
      peer.reported = Math.max(peer.reported, number)
      return isLost || (isNew && number > 0)
    },
    bye: (from) => void peers.delete(from),
    findSilent() {
      const now = steady()
      let isDue = false
      for (const [from, peer] of peers) {
        if (now - peer.heardAt < SILENT_MS) continue
        if (now - peer.heardAt >= FORGOTTEN_MS) peers.delete(from)
        if (now - Math.max(peer.lookedAt, peer.heardAt) < SILENT_MS) continue
        peer.lookedAt = now
        isDue = true
      }
      return isDue
    },
    postpone(ms) {
      for (const peer of peers.values()) peer.heardAt += ms
    },
    get size() {
      return peers.size
    },
  }
}

function closeUp(peer: Peer): void {
  for (const number of peer.ahead) if (number <= peer.complete) peer.ahead.delete(number)
  while (peer.ahead.delete(peer.complete + 1)) peer.complete++
}

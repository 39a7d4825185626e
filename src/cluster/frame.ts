import type { BusMessage, Topic } from './bus.ts'

// The texts on the link between processes.

/** A topic, and its message if it has one. */
export type Packed = readonly [topic: Topic] | readonly [topic: Topic, message: BusMessage]

/**
 * `from`: the sending process. `number`: the number of texts with news that it has sent, including this one.
 * news: messages. look: there were too many for texts. beat: the process lives. bye: it stops.
 */
export type Frame = { from: string; number: number } & (
  | { kind: 'news'; messages: readonly Packed[] }
  | { kind: 'look' | 'beat' | 'bye' }
)

/** More messages than fit into this number of texts are not sent. The other processes look at the database instead. */
const MAX_TEXTS = 8
/** For the frame around the messages. */
const FRAME_BYTES = 100

export function writeFrame(frame: Frame): string {
  const { from, number } = frame
  return JSON.stringify(
    frame.kind === 'news' ? [from, number, 'news', frame.messages] : [from, number, frame.kind],
  )
}

/** undefined: it is not the text of a process of this version. */
export function readFrame(text: string): Frame | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(value)) return undefined
  const [from, number, kind, messages] = value as unknown[]
  if (typeof from !== 'string' || !Number.isSafeInteger(number)) return undefined
  const sent = { from, number: number as number }
  if (kind === 'look' || kind === 'beat' || kind === 'bye') return { ...sent, kind }
  if (kind !== 'news' || !Array.isArray(messages) || !messages.every(isPacked)) return undefined
  return { ...sent, kind, messages }
}

const isPacked = (value: unknown): value is Packed => Array.isArray(value) && typeof value[0] === 'string'

/** Collects the messages of one tick. A topic without a message is kept once. */
export function createPack() {
  let topics = new Set<Topic>()
  let packed: Packed[] = []
  return {
    get isEmpty() {
      return packed.length === 0
    },
    add(topic: Topic, message: BusMessage | undefined): void {
      if (message !== undefined) packed.push([topic, message])
      else if (!topics.has(topic)) {
        topics.add(topic)
        packed.push([topic])
      }
    },
    /** Removes all, in parts of which each fits into a text; undefined: there are too many. */
    take(maxBytes: number): Packed[][] | undefined {
      const all = packed
      packed = []
      topics = new Set()
      return inParts(all, maxBytes - FRAME_BYTES)
    },
  }
}

function inParts(all: readonly Packed[], maxBytes: number): Packed[][] | undefined {
  const parts: Packed[][] = [[]]
  let bytes = 0
  for (const one of all) {
    const size = Buffer.byteLength(JSON.stringify(one)) + 1
    if (size > maxBytes) return undefined
    if (bytes + size > maxBytes) {
      if (parts.length === MAX_TEXTS) return undefined
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(one)
    bytes += size
  }
  return parts
}

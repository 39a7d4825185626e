import { Pool } from 'undici'
import { messageBody } from './message.ts'
import { monotonicMs } from './monotonic.ts'

/** A sender of messages to a room. */
export type Sender = { roomId: string; token: string }

/** The load generator of all benchmarks. It sends the same requests to every server. */
export type Load = AsyncDisposable & {
  /** The number of the next message. */
  next(): number
  /** Each sender sends its next message after the response to the previous one. */
  sendFor(senders: readonly Sender[], ms: number): Promise<Sent>
  /** Sends `perSecond` messages, evenly, without waiting for responses; the senders take turns. */
  sendAtRate(senders: readonly Sender[], perSecond: number, ms: number): Promise<Sent>
  /** Sends one message. Resolves to the milliseconds until the response. */
  send(sender: Sender): Promise<number>
}

export type Sent = {
  count: number
  /** Time on the shared clock (`monotonicMs`). */
  startedAt: number
  /** Time of the last response on the shared clock. */
  respondedAt: number
}

let messages = 0
/** Part of each transaction id, because a later run may use the same data. */
const run = process.pid

/**
 * @param url of a server; several URLs take turns, as behind a round-robin load balancer
 * @param connections to each server
 * @param bodyOf the content of the message with this number, as JSON
 */
export function createLoad(url: string | readonly string[], connections: number, bodyOf = messageBody): Load {
  const pools = [url].flat().map((one) => new Pool(one, { connections }))

  async function send({ roomId, token }: Sender): Promise<void> {
    const number = messages++
    const pool = pools[number % pools.length] as Pool
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${run}.${number}`
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const response = await pool.request({ method: 'PUT', path, headers, body: bodyOf(number) })
    if (response.statusCode !== 200)
      throw new Error(`sending a message failed with ${response.statusCode}: ${await response.body.text()}`)
    await response.body.dump()
  }

  return {
    next: () => messages,
    async sendFor(senders, ms) {
      const [first, startedAt] = [messages, monotonicMs()]
      const keepSending = async (sender: Sender) => {
        while (monotonicMs() < startedAt + ms) await send(sender)
      }
      await Promise.all(senders.map(keepSending))
      return { count: messages - first, startedAt, respondedAt: monotonicMs() }
    },
    async sendAtRate(senders, perSecond, ms) {
      const [first, startedAt] = [messages, monotonicMs()]
      const total = Math.floor((perSecond * ms) / 1000)
      const responses: Promise<void>[] = []
      while (responses.length < total) {
        const due = Math.min(total, ((monotonicMs() - startedAt) * perSecond) / 1000)
        while (responses.length < due)
          responses.push(send(senders[responses.length % senders.length] as Sender))
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      await Promise.all(responses)
      return { count: messages - first, startedAt, respondedAt: monotonicMs() }
    },
    async send(sender) {
      const started = monotonicMs()
      await send(sender)
      return monotonicMs() - started
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all(pools.map((pool) => pool.close()))),
  }
}

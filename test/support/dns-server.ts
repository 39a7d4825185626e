import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { afterTest } from './after-test.ts'

/** The response for a name: an IPv4 address, `absent` (NXDOMAIN), `broken` (SERVFAIL) or `silent` (no response). */
export type DnsAnswer = string

export type DnsServer = {
  /** The value for `Resolver.setServers`. */
  address: string
  /** The requested names, one entry for each query of an IPv4 address. */
  readonly asked: string[]
  /** Resolves after `count` queries of an IPv4 address for names that match `of`. */
  waitFor(count: number, of: RegExp): Promise<void>
}

const A = 1
const CODES: Readonly<Record<string, number>> = { broken: 2, absent: 3 }

/** A DNS server on loopback (RFC 1035, UDP). It has no IPv6 addresses. */
export async function startDnsServer(
  t: TestContext,
  answerFor: (name: string) => DnsAnswer,
): Promise<DnsServer> {
  const asked: string[] = []
  const waiting = new Set<() => void>()
  const socket = createSocket('udp4')
  socket.on('message', (query: Buffer, from: RemoteInfo) => {
    const { name, type, end } = questionOf(query)
    if (type === A) asked.push(name)
    for (const look of waiting) look()
    const answer = answerFor(name)
    if (answer === 'silent') return
    socket.send(answerTo(query.subarray(0, end), type, answer), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  afterTest(t, () => socket.close())
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    waitFor: (count, of) =>
      new Promise((resolve) => {
        const look = () => {
          if (asked.filter((name) => of.test(name)).length < count) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
  }
}

function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function answerTo(question: Buffer, type: number, answer: string): Buffer {
  const header = Buffer.from(question)
  const code = CODES[answer] ?? 0
  const hasAddress = code === 0 && type === A
  header.writeUInt16BE(0x8180 | code, 2)
  header.writeUInt16BE(hasAddress ? 1 : 0, 6)
  header.writeUInt32BE(0, 8)
  if (!hasAddress) return header
  // The name refers to the question (0xc00c); class IN, 60 s, four bytes.
  const record = Buffer.from([0xc0, 0x0c, 0, A, 0, 1, 0, 0, 0, 60, 0, 4, ...answer.split('.').map(Number)])
  return Buffer.concat([header, record])
}

import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net'

/** Further sockets of a server, beside the socket that node:http listens on. */
export type FurtherSockets = readonly NetServer[]

/**
 * Opens the sockets of a server. `localhost` means every address of the name, IPv4 and IPv6; addresses after
 * the first are skipped if they cannot be opened.
 * @throws the system error (`EADDRINUSE`, …)
 */
export async function listen(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<{ port: number; furtherSockets: FurtherSockets }> {
  server.listen(port, host)
  await once(server, 'listening')
  const first = server.address() as AddressInfo
  const addresses = host === 'localhost' ? await lookup(host, { all: true }) : []
  const others = new Set(addresses.map(({ address }) => address).filter((one) => one !== first.address))
  const furtherSockets = await Promise.all(
    [...others].map((address) => listenAlso(server, address, first.port)),
  )
  return { port: first.port, furtherSockets: furtherSockets.flat() }
}

async function listenAlso(server: Server, host: string, port: number): Promise<NetServer[]> {
  // The options that node:http uses for its own sockets.
  const other = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    server.emit('connection', socket),
  )
  other.listen(port, host)
  try {
    await once(other, 'listening')
    return [other]
  } catch {
    return []
  }
}

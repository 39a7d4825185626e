import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net'

/** Further sockets of a server, beside the socket that node:http listens on. */
export type Beside = readonly NetServer[]

/**
 * Opens the sockets of a server. `localhost` means every address of the name, IPv4 and IPv6; addresses after the first are skipped if
 * they cannot be opened.
 * @throws the system error (`EADDRINUSE`, …)
 */
export async function listen(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<{ port: number; beside: Beside }> {
  server.listen(port, host)
  await once(server, 'listening')
  const first = server.address() as AddressInfo
  const addresses = host === 'localhost' ? await lookup(host, { all: true }) : []
  const others = new Set(addresses.map(({ address }) => address).filter((one) => one !== first.address))
  const beside = await Promise.all([...others].map((address) => listenBeside(server, address, first.port)))
  return { port: first.port, beside: beside.flat() }
}

async function listenBeside(server: Server, host: string, port: number): Promise<NetServer[]> {
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

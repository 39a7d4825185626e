import { startTcpProxy } from '../../test/support/tcp-proxy.ts'
import { endWithParent } from './end-with-parent.ts'

// A proxy to a Unix socket, in a separate process, so that its CPU time is not that of the load generator. It
// adds a delay to each round trip. Arguments: the path of the socket, and the delay in milliseconds.

const [, , path = '', delayMs] = process.argv
// The end of the process closes all connections.
const { port } = await startTcpProxy({ after: () => undefined }, { path }, { delayMs: Number(delayMs) })
console.log(`proxy listening on http://127.0.0.1:${port}`)
endWithParent()

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { endWithParent } from './end-with-parent.ts'

// A push service that accepts every message and ignores its content.
const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => response.writeHead(201).end())
})
server.listen(0, '127.0.0.1', () => {
  console.log(`sink listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
endWithParent()

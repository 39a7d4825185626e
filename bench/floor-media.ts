import { createReadStream, createWriteStream, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { endWithParent } from './support/end-with-parent.ts'

// The floor of `media`: a bare `node:http` server that writes each body to a file and reads it back. It
// hashes nothing and has no database. Its arguments are the folder of the files, and `synced` for a file that
// is on the disk before the response.

const [folder = '', synced] = process.argv.slice(2)
let last = 0

const server = createServer((request, response) => {
  const isUpload = request.method === 'POST'
  const id = isUpload ? String(++last) : (request.url ?? '').split('/').at(-1)
  const file = join(folder, String(id))
  const done = isUpload
    ? pipeline(request, createWriteStream(file, { flush: synced === 'synced' })).then(() =>
        response.end(JSON.stringify({ content_uri: `mxc://localhost/${id}` })),
      )
    : pipeline(createReadStream(file), response.writeHead(200, { 'content-length': statSync(file).size }))
  done.catch(() => response.destroy())
})
server.listen(0, '127.0.0.1', () => {
  console.log(`floor listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
endWithParent()

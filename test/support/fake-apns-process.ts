import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { endWithParent } from '../../bench/support/end-with-parent.ts'
import { startFakeApns } from './fake-apns.ts'

// Runs the fake APNs as a separate process, for benchmarks and for manual tests of a gateway:
//
//   node test/support/fake-apns-process.ts FOLDER
//
// Writes FOLDER/apns.p8 (the signing key) and FOLDER/apns-ca.pem (the trusted certificate). The printed
// address responds to any GET with the URL of the fake and the number of accepted notifications. The topic is
// org.example.app.

const folder = process.argv[2] ?? '.'
const fake = await startFakeApns({ storesRequests: false })
await writeFile(join(folder, 'apns.p8'), fake.privateKey, { mode: 0o600 })
await writeFile(join(folder, 'apns-ca.pem'), fake.ca)
const { url, keyId, teamId } = fake
const about = createServer((_request, response) => {
  response.end(
    JSON.stringify({ url, keyId, teamId, accepted: fake.accepted(), connections: fake.connections() }),
  )
})
about.listen(0, '127.0.0.1', () => {
  console.log(`fake APNs ${url}, listening on http://127.0.0.1:${(about.address() as AddressInfo).port}`)
})
endWithParent()

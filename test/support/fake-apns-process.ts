import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { endWithParent } from '../../bench/support/end-with-parent.ts'
import { startFakeApns } from './fake-apns.ts'

// The fake APNs in a process of its own, for benchmarks and for trying a gateway by hand:
//
//   node test/support/fake-apns-process.ts FOLDER
//
// Writes FOLDER/apns.p8 (to sign with) and FOLDER/apns-ca.pem (to trust). The address that it tells answers any GET with where the
// fake itself is and how many notifications it has taken. The topic is org.example.app.

const folder = process.argv[2] ?? '.'
const fake = await startFakeApns({ keeps: false })
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

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { endWithParent } from '../../bench/support/end-with-parent.ts'
import { startFakeFcm } from './fake-fcm.ts'

// Runs the fake FCM as a separate process, for benchmarks and for manual tests of a gateway:
//
//   node test/support/fake-fcm-process.ts FOLDER
//
// Writes FOLDER/service-account.json and prints its address, the value for `base_url`. The project is example-1a2b3.

const fake = await startFakeFcm({ storesRequests: false })
await writeFile(join(process.argv[2] ?? '.', 'service-account.json'), fake.serviceAccount(), { mode: 0o600 })
console.log(`fake FCM listening on ${fake.url}`)
endWithParent()

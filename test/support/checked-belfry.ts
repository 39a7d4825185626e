import { appendFileSync } from 'node:fs'
import { main } from '../../src/cli/main.ts'
import { CHEAP } from './cheap-passwords.ts'
import { createResponseCheck } from './response-check.ts'

// `belfry` for tests: validates each response against the schemas of its route, and appends the faults to the
// file that RESPONSE_FAULTS_FILE names. `process.ts` starts it and reads the file. Hashes of passwords are
// cheap, except with FULL_PASSWORD_COST. CLOCK_AHEAD_MS: the clock of the machine is ahead by this time.

const file = process.env['RESPONSE_FAULTS_FILE']
if (file === undefined) throw new Error('RESPONSE_FAULTS_FILE is not set')

const ahead = Number(process.env['CLOCK_AHEAD_MS'] ?? 0)
const machineNow = Date.now
if (ahead !== 0) Date.now = () => machineNow() + ahead

// `process.ts` holds the other end of the channel. It closes when that process ends.
if (process.channel) {
  process.once('disconnect', () => process.exit(1))
  process.channel.unref()
}

const check = createResponseCheck()
let written = 0
await main(process.argv.slice(2), {
  passwordCost: process.env['FULL_PASSWORD_COST'] === undefined ? CHEAP : undefined,
  onResponse(response) {
    check.onResponse(response)
    // At once, because the test may kill this process at any time.
    for (const fault of check.faults().slice(written)) appendFileSync(file, `${fault}\n`)
    written = check.faults().length
  },
})

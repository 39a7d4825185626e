import { loadConfig } from '../config/load.ts'
import type { Command } from './command.ts'
import { helpText } from './help-text.ts'
import { jsonFlag } from './json-flag.ts'
import { READY_FLAG, serveUntilStopped, STOPPED } from './serve.ts'

const FROM = 'belfry worker'
// Not the address of `belfry serve` on the same machine.
const DEFAULTS = [{ path: ['listen'], value: '127.0.0.1:8009', from: FROM }]
const ROLES = [{ path: ['roles'], value: ['delivery', 'sweep'], from: FROM }]

/** `belfry serve` without the API for clients, beside other processes on the same PostgreSQL database. */
export const worker: Command = {
  usage: 'worker',
  summary: 'send pokes and mail and remove old data, beside belfry serve on the same PostgreSQL',
  help: () =>
    helpText({
      about:
        'The same as belfry serve --roles delivery,sweep. It serves /health, /ready and /metrics at --listen [127.0.0.1:8009], and no API for clients.',
      flags: [READY_FLAG],
      examples: [
        'belfry serve --roles http,gateway --database postgres://belfry@db/belfry',
        'belfry worker --database postgres://belfry@db/belfry',
      ],
      exitCodes: STOPPED,
      hasSettings: true,
    }),
  async run(given, context) {
    const { isJson, rest: argv } = jsonFlag(given)
    const load = () => loadConfig({ argv, env: context.env, defaults: DEFAULTS, ofCommand: ROLES })
    return serveUntilStopped(context, load, { isJson })
  },
}

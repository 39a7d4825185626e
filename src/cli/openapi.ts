import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import type { Command } from './command.ts'
import { helpText } from './help-text.ts'
import { jsonFlag } from './json-flag.ts'

/** The endpoints are the same on an empty database, so the command needs neither a server nor a data directory. */
export const openApi: Command = {
  usage: 'openapi',
  summary: 'print the OpenAPI 3.1 document of all endpoints of the server',
  help: () =>
    helpText({
      about: 'A running server serves the document at /_belfry/v1/openapi.json, without an access token.',
      flags: [['--json', 'The document is always JSON.']],
      examples: ['belfry openapi > openapi.json'],
      hasSettings: true,
    }),
  async run(argv, context) {
    const config = loadConfig({ argv: jsonFlag(argv).rest, env: context.env })
    const folder = await mkdtemp(join(tmpdir(), 'belfry-openapi-'))
    try {
      const app = await context.createApp(onEmptyDatabase(config, folder), 'command')
      try {
        context.print(JSON.stringify(await app.openApi(), null, 2))
      } finally {
        await app.close()
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
    return 0
  },
}

/** Without a log, because standard output is for the document alone. */
function onEmptyDatabase(config: Config, folder: string): Config {
  return {
    ...config,
    server_name: config.server_name ?? 'localhost',
    data: folder,
    database: { kind: 'sqlite', path: join(folder, 'belfry.db') },
    log_level: 'silent',
  }
}

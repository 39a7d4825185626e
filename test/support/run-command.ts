import { PassThrough } from 'node:stream'
import { copyDatabase, createBelfry, keepVapidKey, restoreBackup } from '../../src/app.ts'
import type { CommandContext } from '../../src/cli/command.ts'
import { runCommand } from '../../src/cli/main.ts'
import { readJourney } from '../../src/gateway-app.ts'
import { checkGateway } from '../../src/gateway-app/check-gateway.ts'
import { CHEAP } from './cheap-passwords.ts'

/**
 * Runs a command that ends by itself, such as `belfry user`, in this process: a process of its own takes most
 * of a second of a processor (`runBelfry` in `process.ts`). It opens the database and the bus as a process of
 * its own does.
 */
export async function runHere(
  args: readonly string[],
  input = '',
): Promise<{ code: number; out: string; err: string }> {
  const printed: string[] = []
  const complaints: string[] = []
  const stdin = new PassThrough()
  stdin.end(input)
  const context: Partial<CommandContext> = {
    createApp: (config, as) => createBelfry(config, { passwordCost: CHEAP }, as),
    checkGateway,
    keepVapidKey,
    readJourney,
    restore: restoreBackup,
    copyDatabase,
    env: { BELFRY_LOG_LEVEL: 'silent', ...process.env },
    stdin: stdin as unknown as NodeJS.ReadStream,
    isTerminal: false,
    print: (line) => void printed.push(line),
    complain: (line) => void complaints.push(line),
    onOutputClosed: () => undefined,
    onSignal: () => undefined,
    onReload: () => undefined,
    onFault: () => undefined,
  }
  const code = await runCommand(args, context as CommandContext)
  return { code, out: printed.join('\n').trim(), err: complaints.join('\n').trim() }
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterTest, type TestEnd } from './after-test.ts'
import { temporaryFolder } from './databases.ts'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import { connectTcp } from './tcp-proxy.ts'

const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', join(homedir(), 'go/bin')]
const program = folders.map((folder) => join(folder, 'nats-server')).find(existsSync)

/** False if a NATS server can be started here, else the reason to skip a test. */
export const noNats =
  program === undefined &&
  'nats-server is not installed (Debian package nats-server, or go install github.com/nats-io/nats-server/v2@v2.12.2)'

export type NatsServer = {
  port: number
  /** For `cluster.bus`. */
  url: string
  /** Kills it. */
  stop(): Promise<void>
  /** Starts it on the same port. */
  restart(): Promise<void>
}

/** Starts a NATS server. `settings`: further lines of its configuration file. */
export async function startNatsServer(t: TestEnd, settings = ''): Promise<NatsServer> {
  const port = await freePort()
  const file = join(temporaryFolder(t), 'nats.conf')
  writeFileSync(file, `host: "127.0.0.1"\nport: ${port}\n${settings}\n`)
  let stop = async () => {}
  const start = async () => {
    const child = spawn(program ?? '', ['--config', file], { stdio: 'ignore' })
    const ended = once(child, 'exit')
    stop = async () => {
      child.kill('SIGKILL')
      await ended
    }
    await eventually(async () => {
      const socket = await connectTcp({ port, host: '127.0.0.1' })
      socket?.destroy()
      return socket !== undefined
    })
  }
  await start()
  afterTest(t, () => stop())
  return { port, url: `nats://127.0.0.1:${port}`, stop: () => stop(), restart: start }
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'node:test'
import { afterTest } from './after-test.ts'
import { temporaryFolder } from './databases.ts'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'

const folders = [...(process.env['PATH'] ?? '').split(delimiter), join(homedir(), 'go/bin')]
const program = folders.map((folder) => join(folder, 'versitygw')).find(existsSync)

/** False if a real S3 server can be started here, else the reason to skip a test. */
export const noS3 =
  program === undefined &&
  'the S3 server versitygw is not installed (go install github.com/versity/versitygw/cmd/versitygw@v1.8.0)'

export const ACCESS_KEY = 'belfry-test'
export const SECRET_KEY = 'a secret key'

export type S3Server = { url: string; bucket: string; stop(): Promise<void>; restart(): Promise<void> }

/** Starts an S3 server with one empty bucket. */
export async function startS3Server(t: TestContext): Promise<S3Server> {
  const folder = join(temporaryFolder(t), 's3')
  const bucket = 'media'
  mkdirSync(join(folder, bucket), { recursive: true })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let stop = async () => {}
  const start = async () => {
    const args = ['--access', ACCESS_KEY, '--secret', SECRET_KEY, '--port', `127.0.0.1:${port}`, '--quiet']
    const child = spawn(program ?? '', [...args, 'posix', folder], { stdio: 'ignore' })
    const ended = once(child, 'exit')
    stop = async () => {
      child.kill('SIGKILL')
      await ended
    }
    await eventually(() =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    )
  }
  await start()
  afterTest(t, () => stop())
  return { url, bucket, stop: () => stop(), restart: start }
}

/** The settings of a server that stores media there. */
export const s3Settings = ({ url, bucket }: S3Server): Record<string, string> => ({
  BELFRY_MEDIA_S3_ENDPOINT: url,
  BELFRY_MEDIA_S3_BUCKET: bucket,
  BELFRY_MEDIA_S3_ACCESS_KEY: ACCESS_KEY,
  BELFRY_MEDIA_S3_SECRET_KEY: SECRET_KEY,
  BELFRY_MEDIA_S3_PREFIX: 'belfry/',
})

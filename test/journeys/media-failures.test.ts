import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { afterTest } from '../support/after-test.ts'
import { type ClientResponse, registerUser } from '../support/client.ts'
import { temporaryFolder, newDataFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { fetchMedia, filesIn, tryUpload, upload } from '../support/media.ts'
import { startProcess } from '../support/process.ts'
import { startTestServer } from '../support/server.ts'
import { smallDisk } from '../support/small-disk.ts'

const MEBIBYTE = 1_048_576

/** A disk of 4 MiB; undefined where this process may not mount one. */
function mountSmallDisk(t: TestContext): string | undefined {
  const folder = join(temporaryFolder(t), 'disk')
  mkdirSync(folder)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]).status !== 0) return undefined
  afterTest(t, () => execFileSync('umount', [folder]))
  return folder
}

describe('media', () => {
  test('a killed server leaves nothing of an upload after its next start, and keeps complete ones', async (t) => {
    const data = newDataFolder(t)
    const first = await startProcess(t, data)
    const alice = await registerUser(first.url, 'alice')
    const whole = await upload(first.url, alice, { body: 'whole' })
    const half = request(`${first.url}/_matrix/media/v3/upload`, {
      method: 'POST',
      headers: { authorization: `Bearer ${alice.token}` },
    })
    half.on('error', () => undefined)
    half.write(randomBytes(MEBIBYTE))
    await eventually(() => filesIn(join(data, 'media')).length === 2)
    await first.end('SIGKILL')

    const second = await startProcess(t, data)
    await eventually(() => filesIn(join(data, 'media')).length === 1)
    assert.equal(await (await fetchMedia(second.url, alice, `download/${whole}`)).text(), 'whole')
  })

  test('a disk that becomes full during an upload gives 503 and keeps no file; uploads work again when there is space', async (t) => {
    const disk = mountSmallDisk(t)
    if (disk === undefined) return t.skip('mounting a tmpfs needs root')
    const server = await startTestServer(t, {
      flags: ['--media', join(disk, 'media')],
      env: { BELFRY_MEDIA_RESERVE_BYTES: '0' },
    })
    const alice = await registerUser(server.url, 'alice')
    async function* large() {
      for (let n = 0; n < 8; n++) yield randomBytes(MEBIBYTE)
    }
    for (const body of [large(), randomBytes(8 * MEBIBYTE)]) {
      const refused = await tryUpload(server.url, alice, { body })
      assert.deepEqual([refused.status, refused.body['errcode']], [503, 'ORG.BELFRY.STORAGE_FULL'])
      assert.ok(Number(refused.headers.get('retry-after')) > 0)
      assert.deepEqual(filesIn(disk), [])
    }
    const at = await upload(server.url, alice, { body: randomBytes(MEBIBYTE) })
    assert.equal(
      (await (await fetchMedia(server.url, alice, `download/${at}`)).arrayBuffer()).byteLength,
      MEBIBYTE,
    )
  })

  test('an upload that would use the reserve of the disk gives 503', async (t) => {
    const server = await startTestServer(t, { env: { BELFRY_MEDIA_RESERVE_BYTES: '900000000000000' } })
    const alice = await registerUser(server.url, 'alice')
    const refused = await tryUpload(server.url, alice, { body: 'x' })
    assert.deepEqual([refused.status, refused.body['errcode']], [503, 'ORG.BELFRY.STORAGE_FULL'])
    assert.deepEqual(filesIn(join(server.data, 'media')), [])
    await alice.createRoom()
  })

  test('a database without space gives 503 and keeps no file of the refused uploads', async (t) => {
    const disk = smallDisk(t)
    const server = await startTestServer(t)
    const alice = await registerUser(server.url, 'alice')
    disk.fill()
    let accepted = 0
    let refused: ClientResponse | undefined
    while (refused === undefined) {
      const filename = 'x'.repeat(255)
      const response = await tryUpload(server.url, alice, { body: randomBytes(100), filename })
      if (response.status === 200) accepted++
      else refused = response
    }
    assert.deepEqual([refused.status, refused.body['errcode']], [503, 'ORG.BELFRY.STORAGE_FULL'])
    assert.ok(accepted > 0)
    assert.equal(filesIn(join(server.data, 'media')).length, accepted)
    disk.makeRoom()
    await upload(server.url, alice, { body: 'x' })
  })

  test('a file that the store has lost gives 404, and 503 while the folder of the store is not there', async (t) => {
    const server = await startTestServer(t)
    const alice = await registerUser(server.url, 'alice')
    const at = await upload(server.url, alice, { body: 'x' })
    const folder = join(server.data, 'media')
    for (const one of readdirSync(folder)) rmSync(join(folder, one), { recursive: true })
    const paths = [`download/${at}`, `thumbnail/${at}?width=32&height=32`]
    for (const path of paths) {
      const response = await fetchMedia(server.url, alice, path)
      assert.equal(response.status, 404)
      assert.match(await response.text(), /M_NOT_FOUND.*lost this file/)
    }
    rmSync(folder, { recursive: true })
    for (const path of paths) {
      const response = await fetchMedia(server.url, alice, path)
      assert.equal(response.status, 503)
      assert.match(await response.text(), /ORG\.BELFRY\.STORAGE_UNAVAILABLE/)
    }
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    assert.match(metrics, /^belfry_media_lost_blobs_total 2$/m)
    assert.match(metrics, /^belfry_media_store_failures_total\{operation="read"\} 2$/m)
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registerUser, type TestUser } from '../support/client.ts'
import { theBus } from '../support/cluster-buses.ts'
import { startBelfryCluster } from '../support/cluster.ts'
import { clusterUrl, newPostgresUrl } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'

const SENDERS = 3
/**
 * The longest possible: much more than the balancer needs to notice that a server is not ready, also on a
 * slow machine.
 */
const DRAIN_MS = '5000'

type Message = { type: string; content: { body?: string } }

test(
  'processes are replaced one after the other under load without a failed request',
  { skip: theBus.skip },
  async (t) => {
    const { url, statuses, processes, add, remove } = await startBelfryCluster(t, {
      database: await newPostgresUrl(clusterUrl() as string),
      settings: { ...(await theBus.settings(t)), BELFRY_DRAIN_MS: DRAIN_MS },
      readyEveryMs: 100,
    })
    const alice = await registerUser(url, 'alice')
    const roomId = await alice.createRoom()
    const users = await Promise.all(Array.from({ length: SENDERS }, (_, n) => registerUser(url, `user${n}`)))
    for (const user of users) await user.post(`/join/${encodeURIComponent(roomId)}`)
    const acknowledged: string[] = []
    let isOver = false
    const send = async (user: TestUser, at: number) => {
      for (let n = 0; !isOver; n++) {
        await user.say(roomId, `${at}-${n}`)
        acknowledged.push(`${at}-${n}`)
      }
    }
    let { next_batch: since } = await alice.get('/sync?timeout=0')
    const poll = async () => {
      while (!isOver) ({ next_batch: since } = await alice.get(`/sync?timeout=1000&since=${String(since)}`))
    }
    const load = Promise.all([poll(), ...users.map(send)])
    const enough = async () => {
      const from = acknowledged.length
      await eventually(() => acknowledged.length > from + 5)
    }
    const replaced = processes.slice()
    for (const old of replaced) {
      await enough()
      await add()
      await enough()
      // A request that the balancer still sends after the drain fails.
      assert.equal(await old.end('SIGTERM'), 0)
      await remove(old, 'SIGTERM')
    }
    await enough()
    isOver = true
    await load
    assert.deepEqual([...statuses.keys()], [200])
    const stored: string[] = []
    let from: string | undefined
    do {
      const page = await alice.get(
        `/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=1000${from === undefined ? '' : `&from=${from}`}`,
      )
      for (const { type, content } of page['chunk'] as Message[])
        if (type === 'm.room.message') stored.push(content.body ?? '')
      from = page['end'] as string | undefined
    } while (from !== undefined)
    assert.deepEqual(stored.toSorted(), acknowledged.toSorted())
  },
)

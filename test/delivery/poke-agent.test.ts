import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { makePokeAgent } from '../../src/delivery/poke-agent.ts'
import type { GuardedAgent } from '../../src/lib/outbound/guarded-agent.ts'
import { makeIpPolicy, type IpPolicy } from '../../src/lib/outbound/ip-policy.ts'
import { CERTIFICATE } from './certificate.ts'
import { agentPost } from '../support/agent-post.ts'
import { agentFor, httpServer, httpsServer, PATH } from './servers.ts'

const post = async (agent: GuardedAgent, url: string): Promise<number> =>
  (await agentPost(agent, url, '{}')).status

const blocked = { name: 'BlockedAddressError', message: 'blocked by the IP policy' }

/** Returns a resolver. Each call resolves to the next list of addresses, and later calls to the last one. */
function resolveTo(...lists: string[][]) {
  let calls = 0
  return async () => lists[Math.min(calls++, lists.length - 1)] ?? []
}

suite('addresses', () => {
  test('checks a literal address', async () => {
    let requests = 0
    await using server = await httpServer((_request, response) => {
      requests++
      response.end()
    })
    await using agent = makePokeAgent({ policy: makeIpPolicy([]) })
    for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', 'localhost']) {
      await assert.rejects(post(agent, `http://${host}:${server.port}${PATH}`), blocked, host)
    }
    await assert.rejects(post(agent, `https://127.0.0.1:${server.port}${PATH}`), blocked)
    assert.equal(requests, 0)
  })

  test('does not dial a name that has become private since the pusher was set', async () => {
    let connections = 0
    await using server = await httpsServer((_request, response) => response.end())
    await using agent = makePokeAgent({
      policy: makeIpPolicy([]),
      lookup: async () => {
        connections++
        return ['127.0.0.1']
      },
    })
    await assert.rejects(post(agent, `https://gateway.test:${server.port}${PATH}`), blocked)
    assert.equal(connections, 1)
  })

  test('checks the addresses for each new connection', async () => {
    await using server = await httpServer((_request, response) => {
      response.setHeader('connection', 'close')
      response.end()
    })
    await using agent = agentFor({ lookup: resolveTo(['127.0.0.1'], ['10.0.0.1']) })
    const url = `http://relay.test:${server.port}/`
    assert.equal(await post(agent, url), 200)
    await assert.rejects(post(agent, url), blocked)
  })

  test('fails if one of the resolved addresses is blocked', async () => {
    await using server = await httpServer((_request, response) => response.end())
    await using agent = agentFor({ lookup: resolveTo(['127.0.0.1', '169.254.169.254']) })
    await assert.rejects(post(agent, `http://relay.test:${server.port}/`), blocked)
  })

  test('dials plain http and other paths only for addresses that the operator has allowed', async () => {
    await using agent = agentFor({ lookup: resolveTo(['93.184.215.14']) })
    await assert.rejects(post(agent, `http://relay.test${PATH}`), blocked)
    await assert.rejects(post(agent, 'https://relay.test/hook'), blocked)
    await assert.rejects(post(agent, `http://93.184.215.14${PATH}`), blocked)
  })

  test('checks the address of the open socket', async () => {
    await using server = await httpServer((_request, response) => response.end())
    let calls = 0
    const changingPolicy: IpPolicy = { allows: () => false, allowedByOperator: () => calls++ === 0 }
    await using agent = makePokeAgent({ policy: changingPolicy, lookup: resolveTo(['127.0.0.1']) })
    await assert.rejects(post(agent, `http://relay.test:${server.port}/`), blocked)
    assert.equal(calls, 2)
  })
})

suite('TLS', () => {
  const lookup = resolveTo(['127.0.0.1'])

  test('trusts an extra authority, only for the name in its certificate', async () => {
    await using server = await httpsServer((_request, response) => response.end())
    await using agent = agentFor({ lookup, ca: [CERTIFICATE] })
    assert.equal(await post(agent, `https://gateway.test:${server.port}${PATH}`), 200)
    await assert.rejects(post(agent, `https://other.test:${server.port}${PATH}`), {
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
  })

  test('does not trust an unknown authority', async () => {
    await using server = await httpsServer((_request, response) => response.end())
    await using agent = agentFor({ lookup })
    await assert.rejects(post(agent, `https://gateway.test:${server.port}${PATH}`), {
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    })
  })
})

suite('pools', () => {
  test('limits and reuses the connections to one origin', async () => {
    const sockets = new Set<unknown>()
    await using server = await httpServer((request, response) => {
      sockets.add(request.socket)
      setImmediate(() => response.end())
    })
    await using agent = agentFor({ connectionsPerOrigin: 2 })
    const statuses = await Promise.all(Array.from({ length: 10 }, () => post(agent, server.url)))
    assert.deepEqual(new Set(statuses), new Set([200]))
    assert.equal(sockets.size, 2)
    assert.equal(agent.poolCount(), 1)
  })

  test('limits the origins, removes the least recently used one, and finishes its requests', async () => {
    const released = Promise.withResolvers<void>()
    await using slow = await httpServer(
      (_request, response) => void released.promise.then(() => response.end()),
    )
    await using quick = await httpServer((_request, response) => response.end())
    await using other = await httpServer((_request, response) => response.end())
    await using agent = agentFor({ maxPools: 2 })
    const waiting = post(agent, slow.url)
    await post(agent, quick.url)
    await post(agent, other.url)
    assert.equal(agent.poolCount(), 2)
    released.resolve()
    assert.equal(await waiting, 200)
  })

  test('removes a pool without connections', async () => {
    await using server = await httpServer((_request, response) => {
      response.setHeader('connection', 'close')
      response.end()
    })
    await using agent = agentFor()
    await post(agent, server.url)
    while (agent.poolCount() > 0) await new Promise(setImmediate)
    assert.equal(await post(agent, server.url), 200)
  })

  test('removes the pool of a dead origin', async () => {
    const { port } = await (async () => {
      await using server = await httpServer(() => {})
      return server
    })()
    await using agent = agentFor()
    await assert.rejects(post(agent, `http://127.0.0.1:${port}/`), { code: 'ECONNREFUSED' })
    while (agent.poolCount() > 0) await new Promise(setImmediate)
  })

  test('disposing aborts requests in flight and refuses new ones', async () => {
    await using server = await httpServer(() => {})
    const agent = agentFor()
    const waiting = assert.rejects(post(agent, server.url), { code: 'UND_ERR_DESTROYED' })
    await agent[Symbol.asyncDispose]()
    await waiting
    await assert.rejects(post(agent, server.url), { code: 'UND_ERR_CLOSED' })
  })
})

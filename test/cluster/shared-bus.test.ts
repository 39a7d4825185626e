import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { joinBuses, listen, tick } from './shared-bus-fixture.ts'

describe('a bus of several processes', () => {
  test('delivers a message in the own process at once, and in the others once', async (t) => {
    const { buses } = await joinBuses(t, { count: 3 })
    const heard = buses.map((bus) => listen(bus, ['delivery', 'room:a']))
    buses[0].publish('delivery', [1, 2])
    buses[0].publish('room:a')
    assert.deepEqual(heard, [
      [
        ['delivery', [1, 2]],
        ['room:a', undefined],
      ],
      [],
      [],
    ])
    await tick()
    for (const one of heard)
      assert.deepEqual(one, [
        ['delivery', [1, 2]],
        ['room:a', undefined],
      ])
  })

  test('sends the messages of one tick in one text, and a topic without a message once', async (t) => {
    const { buses, network } = await joinBuses(t)
    const texts: string[] = []
    network.pass = (text) => {
      texts.push(text)
      return [text]
    }
    for (let count = 0; count < 3; count++) {
      buses[0].publish('room:a')
      buses[0].publish('delivery', [count])
    }
    await tick()
    assert.equal(texts.length, 1)
    assert.deepEqual(JSON.parse(texts[0] ?? '')[3], [
      ['room:a'],
      ['delivery', [0]],
      ['delivery', [1]],
      ['delivery', [2]],
    ])
  })

  test('splits what does not fit into one text, and asks the others to look when there is too much', async (t) => {
    const { buses, metric } = await joinBuses(t, { maxBytes: 300 })
    const many = Array.from({ length: 20 }, (_, at) => `room:!a-room-of-the-server-${at}:localhost` as const)
    const heard = listen(buses[1], many)
    for (const topic of many) buses[0].publish(topic)
    await tick()
    assert.deepEqual(
      heard.map(([topic]) => topic),
      many,
    )
    assert.equal(await metric(0, 'belfry_bus_dropped_total{reason="too_large"}'), 0)
    const more = listen(buses[1], ['inbox:a'])
    for (let at = 0; at < 200; at++) buses[0].publish(`room:!another-room-${at}:localhost`)
    await tick()
    assert.deepEqual(more, [['inbox:a', undefined]])
    assert.equal(await metric(0, 'belfry_bus_dropped_total{reason="too_large"}'), 1)
    assert.equal(await metric(1, 'belfry_bus_looks_total{reason="asked"}'), 1)
  })

  test('delivers each message once when the network repeats and reorders texts', async (t) => {
    const { buses, network, pass, metric } = await joinBuses(t)
    await pass(4000)
    const waiting: string[] = []
    network.pass = (text) => {
      if (!text.includes('"news"')) return [text]
      waiting.push(text, text, text)
      return waiting.length < 9 ? [] : waiting.splice(0).toReversed()
    }
    const before = await metric(1, 'belfry_bus_looks_total{reason="lost"}')
    const heard = listen(buses[1], ['delivery'])
    for (let count = 0; count < 3; count++) {
      buses[0].publish('delivery', [count])
      await tick()
    }
    await pass(10_000)
    assert.deepEqual(
      heard.map(([, message]) => message),
      [[2], [1], [0]],
    )
    assert.equal(await metric(1, 'belfry_bus_looks_total{reason="lost"}'), before)
    assert.equal(await metric(1, 'belfry_bus_dropped_total{reason="repeated"}'), 6)
  })

  test('calls all listeners without a message within 5 s after a text was lost', async (t) => {
    const { buses, network, pass } = await joinBuses(t)
    await pass(4000)
    const heard = listen(buses[1], ['delivery', 'user:b'])
    network.pass = (text) => (text.includes('"news"') ? [] : [text])
    buses[0].publish('delivery', [7])
    await pass(5000)
    assert.deepEqual(heard, [
      ['delivery', undefined],
      ['user:b', undefined],
    ])
    await pass(20_000)
    assert.equal(heard.length, 2)
  })

  test('looks within 5 s when a process dies between its commit and its message, and not again for long', async (t) => {
    const { buses, network, drop, pass } = await joinBuses(t)
    await pass(4000)
    const heard = listen(buses[1], ['user:b'])
    drop(0)
    network.isUp[0] = false
    await pass(5000)
    assert.equal(heard.length, 1)
    await pass(60_000)
    assert.ok(heard.length <= 5, String(heard.length))
  })

  test('looks every 4 s while it is disconnected, and once when it is connected again', async (t) => {
    const { buses, drop, raise, pass, metric } = await joinBuses(t)
    await pass(4000)
    const heard = listen(buses[1], ['user:b'])
    drop(1)
    assert.deepEqual(buses[1].health(), { kind: 'test', connected: false, peers: 1 })
    await pass(12_000)
    assert.ok(heard.length >= 3, String(heard.length))
    buses[1].publish('user:c')
    await tick()
    assert.equal(await metric(1, 'belfry_bus_dropped_total{reason="disconnected"}'), 1)
    heard.length = 0
    raise(1)
    assert.deepEqual(heard, [['user:b', undefined]])
    const other = listen(buses[0], ['user:c'])
    await pass(5000)
    assert.deepEqual(other, [['user:c', undefined]])
  })

  test('is disconnected when its own texts do not come back', async (t) => {
    const { buses, network, pass } = await joinBuses(t)
    network.pass = () => []
    await pass(6000)
    assert.equal(buses[0].health().connected, false)
  })

  test('does not stop at a text that it cannot use', async (t) => {
    const { buses, network, metric } = await joinBuses(t)
    buses[1].subscribe(['delivery'], (message) => {
      for (const id of (message ?? []) as number[]) heard.push(id)
    })
    const heard: number[] = []
    network.pass = () => ['nonsense', '[1,2]', '["x",1,"news",[["delivery",7],["delivery",[8]]]]']
    buses[0].publish('user:a')
    await tick()
    assert.deepEqual(heard, [8])
    assert.equal(await metric(1, 'belfry_bus_dropped_total{reason="unreadable"}'), 2)
    assert.equal(await metric(1, 'belfry_bus_dropped_total{reason="failed"}'), 1)
  })

  test('does not look for a process that has stopped', async (t) => {
    const { buses, pass } = await joinBuses(t)
    await pass(4000)
    const heard = listen(buses[1], ['user:b'])
    await buses[0][Symbol.asyncDispose]()
    await pass(30_000)
    assert.deepEqual(heard, [])
    assert.equal(buses[1].health().peers, 0)
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createLocalBus } from '../../src/cluster/bus.ts'

function record() {
  const heard: unknown[] = []
  return { heard, listener: (message: unknown) => void heard.push(message) }
}

describe('the local bus', () => {
  test('calls each listener of a topic, and none of other topics', () => {
    const bus = createLocalBus()
    const [one, two, other] = [record(), record(), record()]
    bus.subscribe(['room:a', 'room:b'], one.listener)
    bus.subscribe(['room:a'], two.listener)
    bus.subscribe(['room:c'], other.listener)
    bus.publish('room:a', 1)
    bus.publish('room:b', 2)
    bus.publish('room:d', 3)
    assert.deepEqual([one.heard, two.heard, other.heard], [[1, 2], [1], []])
  })

  test('stops to call a listener that is unsubscribed, alone or among others, in any order', () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
    ]) {
      const bus = createLocalBus()
      const records = [record(), record(), record()]
      const ends = records.map(({ listener }) => bus.subscribe(['room:a'], listener))
      const left = new Set([0, 1, 2])
      for (const at of order) {
        ends[at]?.()
        left.delete(at)
        for (const { heard } of records) heard.length = 0
        bus.publish('room:a', 'news')
        records.forEach(({ heard }, index) => assert.deepEqual(heard, left.has(index) ? ['news'] : []))
      }
      const last = record()
      bus.subscribe(['room:a'], last.listener)
      bus.publish('room:a', 'again')
      assert.deepEqual(last.heard, ['again'])
    }
  })

  test('tells a listener of several topics the topic of a message', () => {
    const bus = createLocalBus()
    const topics: string[] = []
    bus.subscribe(['room:a', 'user:b'], (_message, topic) => topics.push(topic))
    bus.publish('user:b')
    bus.publish('room:a')
    assert.deepEqual(topics, ['user:b', 'room:a'])
  })

  test('calls a listener once when it is subscribed twice', () => {
    const bus = createLocalBus()
    const { heard, listener } = record()
    bus.subscribe(['room:a', 'room:a'], listener)
    bus.publish('room:a', 1)
    assert.deepEqual(heard, [1])
  })

  test('allows listeners to unsubscribe while they are called', () => {
    const bus = createLocalBus()
    const { heard, listener } = record()
    const end = bus.subscribe(['room:a'], () => end())
    const endOther = bus.subscribe(['room:a'], (message) => {
      endOther()
      listener(message)
    })
    bus.publish('room:a', 1)
    bus.publish('room:a', 2)
    assert.deepEqual(heard, [1])
  })
})

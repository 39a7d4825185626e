import { attack, type AttackReport } from './attacks.ts'

// All attacks, in a process of their own: what they cost must not slow down the users whose waits are measured.

export type Orders = { url: string; victim: string; scale: number }

const ending = new AbortController()

process.on('message', (message: Orders | 'end') => {
  if (message === 'end') ending.abort()
  else
    void attack({ ...message, signal: ending.signal }).then((reports: AttackReport[]) =>
      process.send?.(reports, () => process.disconnect?.()),
    )
})
// Without the process that gave the orders there is nothing to do.
process.on('disconnect', () => process.exit())

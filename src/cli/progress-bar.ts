import type { CommandContext } from './command.ts'
import type { OnProgress } from '../lib/progress.ts'

/** A task that is done within this time shows no bar. */
const SHOWN_AFTER_MS = 1_000
const REDRAWN_EVERY_MS = 100
const WIDTH = 30
/** Moves to the start of the line and clears it. */
const CLEAR = '\r\u001B[K'

/**
 * Runs a task and shows how far it is, on the terminal of stderr, if there is one and the task takes longer
 * than a second. `now`: in milliseconds.
 */
export async function withProgressBar<T>(
  { drawOnTerminal: draw }: Pick<CommandContext, 'drawOnTerminal'>,
  task: (onProgress: OnProgress) => Promise<T>,
  now: () => number = () => performance.now(),
): Promise<T> {
  if (draw === undefined) return task(() => undefined)
  const start = now()
  let drawnAt: number | undefined
  const onProgress: OnProgress = ({ step, done, total }) => {
    const at = now()
    if (at - start < SHOWN_AFTER_MS || (drawnAt !== undefined && at - drawnAt < REDRAWN_EVERY_MS)) return
    drawnAt = at
    draw(`${CLEAR}${barText(step, total > 0 ? Math.min(done / total, 1) : 0)}`)
  }
  try {
    return await task(onProgress)
  } finally {
    if (drawnAt !== undefined) draw(CLEAR)
  }
}

function barText(step: string, part: number): string {
  const filled = Math.floor(part * WIDTH)
  const percent = String(Math.floor(part * 100)).padStart(3)
  return `[${'#'.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${percent} % ${step}`
}

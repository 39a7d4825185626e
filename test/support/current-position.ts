import type { Queries } from '../../src/storage/query.ts'
import { currentPoint } from '../../src/storage/stream.ts'
import { highest } from '../../src/storage/stream-point.ts'

/** The last position of the stream. */
export const currentPosition = async (q: Queries): Promise<number> => highest(await currentPoint(q))

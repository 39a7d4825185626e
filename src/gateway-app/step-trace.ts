import type { Step, StepTrace } from '../gateway/step.ts'
import type { GatewayTrace } from '../trace/gateway-trace.ts'

/** Of Matrix ids (appendices, "Identifier Grammar"). */
const LONGEST_ID = 255

/** Records the steps of events. Counts alone have no journey. */
export function stepTraceOf(trace: GatewayTrace): StepTrace {
  // Another server can send ids of any length.
  const isSound = (id: string) => Buffer.byteLength(id) <= LONGEST_ID
  const recorded = ({ eventId, ...step }: Step) =>
    eventId !== undefined && isSound(eventId) && isSound(step.appId) ? [{ ...step, eventId }] : []
  return {
    record: (step) => recorded(step).forEach((one) => trace.record(one)),
    recordIn: (tx, steps) => trace.recordIn(tx, steps.flatMap(recorded)),
  }
}

/** How far a task is. `step`: its name in the present participle; `done` and `total`: in the unit of the step. */
export type ProgressReport = { step: string; done: number; total: number }

/** Called often: the receiver limits how often it shows something. */
export type OnProgress = (report: ProgressReport) => void

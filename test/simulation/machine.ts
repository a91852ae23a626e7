// A process as the simulation sees it: it lives, is killed, sleeps and has a clock of its own. What it waits for from outside
// (`Turns`) it gets only while it is alive and awake.

export class Machine {
  alive = true;
  /** Until when it gets no processor, in virtual milliseconds: its host was suspended. */
  asleepUntil = 0;

  /** `name` is that of its service, the same after each restart. */
  constructor(readonly name: string) {}
}

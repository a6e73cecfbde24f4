/**
 * Ends what no longer moves. A suite may take any time as long as a test or a hook of each file ends now and then.
 */
export class Watchdog {
  #results;
  #limit;
  #endSuite;
  #stillFor = 0;

  /**
   * @param limit The turns that a file, and then the suite, may stand still: more than the longest timeout of a test
   * or hook.
   */
  constructor(results, { limit, endSuite }) {
    this.#results = results;
    this.#limit = limit;
    this.#endSuite = endSuite;
  }

  /** The suite, and this file of it, have moved. */
  moved(file) {
    this.#stillFor = 0;
    if (file) file.stillFor = 0;
  }

  /** To be called once a second. Turns are counted, and not the time: a machine that sleeps or is busy has fewer. */
  turn() {
    for (const file of this.#results.files("running")) {
      file.stillFor = (file.stillFor ?? 0) + 1;
      // Where it has ended in order, the line that says so is on its way.
      if (!send(0, file.pid)) file.state = "died";
      else if (file.stillFor >= this.#limit) this.#endFile(file);
    }
    if (++this.#stillFor >= this.#limit) this.#end();
  }

  #endFile(file) {
    console.error(
      `\n${file.name} hung: none of its tests ended within ${this.#limit} s. Its process is ended.`,
    );
    file.state = "hung";
    send("SIGKILL", file.pid);
    this.moved();
  }

  #end() {
    console.error(
      `\nThe suite hung: nothing happened within ${this.#limit} s, and no test file ran. It is ended.`,
    );
    this.#endSuite();
    this.moved();
  }
}

function send(signal, pid) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

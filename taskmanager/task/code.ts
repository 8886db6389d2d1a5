let built = 0;

/**
 * The text of a function in the making: values of this thread that it uses become its parameters, never text. What
 * authors wrote (names of fields) goes into text by JSON.stringify only.
 */
export class Code {
  private readonly parameters = new Map<unknown, string>();
  private readonly declarations: string[] = [];
  private readonly helpers = new Map<string, string>();
  private names = 0;

  /** The name under which the text finds a value. */
  use(value: unknown, hint: string): string {
    let name = this.parameters.get(value);
    if (name === undefined) this.parameters.set(value, (name = this.name(hint)));
    return name;
  }

  /** A name that nothing else has. */
  name(hint: string): string {
    return `${hint}${this.names++}`;
  }

  /** Text that stands once, before the function. */
  declare(text: string): void {
    this.declarations.push(text);
  }

  /**
   * The name of a function with this text, declared once. What is long in operators' text is such a function: V8 inlines
   * no function that is longer than a limit, and of small ones as many as a budget allows. It is not one function for all
   * tasks, since V8 would make it fit for all of them.
   */
  helper(hint: string, text: string): string {
    let name = this.helpers.get(text);
    if (name === undefined) {
      this.helpers.set(text, (name = this.name(hint)));
      this.declare(`const ${name} = ${text};`);
    }
    return name;
  }

  /** `expression` is the function's text; `title` is what profiles and stacks show. */
  build<F>(expression: string, title: string): F {
    const names = [...this.parameters.values()];
    // V8 compiles constants of a function's surroundings into its code, parameters not.
    const constants = names.map((name, i) => `const ${name} = given[${i}];\n`).join('');
    const body = `"use strict";\n${constants}${this.declarations.join('\n')}\nreturn ${expression};\n//# sourceURL=millrace-task/${title}-${built++}.js`;
    return new Function('given', body)([...this.parameters.keys()]) as F;
  }
}

/** Text that is true for a promise and its like. */
export const thenable = (value: string): string =>
  `typeof ${value} === 'object' && ${value} !== null && typeof ${value}.then === 'function'`;

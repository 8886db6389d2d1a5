let built = 0;

/**
 * The text of a function in the making: values of this thread that it uses become its parameters, never text. What
 * authors wrote (names of fields) goes into text by JSON.stringify only.
 */
export class Code {
  private readonly parameters = new Map<unknown, string>();
  private readonly declarations: string[] = [];
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

  /** `expression` is the function's text; `title` is what profiles and stacks show. */
  build<F>(expression: string, title: string): F {
    const body = `"use strict";\n${this.declarations.join('\n')}\nreturn ${expression};\n//# sourceURL=millrace-task/${title}-${built++}.js`;
    return new Function(...this.parameters.values(), body)(...this.parameters.keys()) as F;
  }
}

/** Text that is true for a promise and its like. */
export const thenable = (value: string): string =>
  `typeof ${value} === 'object' && ${value} !== null && typeof ${value}.then === 'function'`;

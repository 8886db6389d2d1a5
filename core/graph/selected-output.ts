/** The side output of a split operator that has the records with at least one of these names. */
export const selectedOutput = (names: readonly string[]): string => JSON.stringify([...new Set(names)].sort());

/** The names that `selectedOutput` was given. */
export const namesOfOutput = (sideOutput: string): string[] => JSON.parse(sideOutput) as string[];

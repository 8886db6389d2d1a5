import type { Duration } from '../duration.js';
import { TimeCharacteristic } from '../time-characteristic.js';
import {
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from './time-windows.js';
import type { WindowAssigner } from './window-assigner.js';
import type { TimeWindow } from './windows.js';

interface InEnvironment {
  getExecutionEnvironment(): { getStreamTimeCharacteristic(): TimeCharacteristic };
}

/** What `timeWindow` means: the program's time characteristic chooses the time. */
export function timeWindows<T>(
  stream: InEnvironment,
  size: Duration | number,
  slide: Duration | number | undefined,
): WindowAssigner<T, TimeWindow> {
  const characteristic = stream.getExecutionEnvironment().getStreamTimeCharacteristic();
  if (characteristic === TimeCharacteristic.ProcessingTime) {
    return slide === undefined
      ? TumblingProcessingTimeWindows.of<T>(size)
      : SlidingProcessingTimeWindows.of<T>(size, slide);
  }
  return slide === undefined ? TumblingEventTimeWindows.of<T>(size) : SlidingEventTimeWindows.of<T>(size, slide);
}

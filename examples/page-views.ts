import {
  type Collector,
  Duration,
  OutputTag,
  ParameterTool,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from 'millrace';

interface View {
  at: number;
  page: string;
}

const LINES = ['1000 /home', '2500 /help', '3100 /home', '12000 /home', '11000 /help', '26000 /home'];

/**
 * Counts the views of each page in windows of 10 s of event time. Lines are `MILLISECONDS PAGE`, out of order by 2 s at
 * most; later ones are printed apart. `--input PATH`, default: a few lines.
 */
export class PageViews {
  static async main(args: string[]): Promise<void> {
    const params = ParameterTool.fromArgs(args);
    const env = StreamExecutionEnvironment.getExecutionEnvironment();
    const input = params.get('input');
    const tooLate = new OutputTag<View>('too late');

    const views = (input === undefined ? env.fromElements(...LINES) : env.readTextFile(input))
      .map((line): View => {
        const [at, page] = line.split(' ');
        return { at: Number(at), page: page! };
      })
      .assignTimestampsAndWatermarks(
        WatermarkStrategy.forBoundedOutOfOrderness<View>(Duration.ofSeconds(2)).withTimestampAssigner(view => view.at),
      );

    const counts = views
      .keyBy('page')
      .window(TumblingEventTimeWindows.of(Duration.ofSeconds(10)))
      .sideOutputLateData(tooLate)
      .aggregate(
        {
          createAccumulator: () => 0,
          add: (_view, count) => count + 1,
          getResult: count => count,
          merge: (a, b) => a + b,
        },
        (page, window, results, out: Collector<string>) => {
          for (const count of results) out.collect(`${window.getStart() / 1000} s: ${page} ${count}`);
        },
      );

    counts.print();
    counts.getSideOutput(tooLate).print('too late');
    await env.execute('page views');
  }
}

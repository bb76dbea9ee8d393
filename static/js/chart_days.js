// Messages by day (week, month, hour), stacked by status from the axis up; the provisional stretch hatched, the period before as a line.

import { dayName, numbers, tipOf, tooltip } from "./chart_words.js";

export function stackedDays(data, element, colours) {
  const { rows, classes, words, unit, before, days, line, alerts } = data;
  const dash = Math.min(44, Math.max(4, ((element.clientWidth - 50) / rows.length) * 0.78));
  const names = rows.map((row) => dayName(row, unit, false, days));
  const hatch = { symbol: "rect", dashArrayX: [8, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4, color: colours.surface };
  const labels = { color: colours["text-soft"], fontFamily: colours.font, fontSize: 12 };
  return {
    animation: false,
    textStyle: { fontFamily: colours.font },
    grid: { left: 4, right: 8, top: 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: {
      type: "category",
      data: names,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colours["line-strong"] } },
      axisLabel: { ...labels, hideOverlap: true, interval: unit === "hour" ? isRound : "auto" },
    },
    yAxis: [
      {
        type: "value",
        minInterval: 1,
        splitNumber: 4,
        axisLabel: { ...labels, formatter: (value) => numbers.format(value) },
        splitLine: { lineStyle: { color: colours.line } },
      },
      // of the line, on the right
      ...(line ? [{ type: "value", min: 0, splitNumber: 4, axisLabel: { ...labels, formatter: (value) => numbers.format(value) }, splitLine: { show: false } }] : []),
    ],
    tooltip: {
      ...tooltip,
      trigger: "axis",
      axisPointer: { type: "shadow", shadowStyle: { color: colours.accent, opacity: 0.1 } },
      formatter: (points) => tip(points[0].dataIndex),
    },
    series: [
      ...classes.map((name, at) => ({
        name: words[name],
        type: "bar",
        stack: "all",
        barCategoryGap: "22%",
        barMaxWidth: 44,
        // A rim of the ground's colour parts neighbouring fills; it must not swallow a thin one.
        itemStyle: { color: colours[name], borderColor: colours.surface, borderWidth: rows.length > 60 ? 0 : 1 },
        emphasis: { disabled: true },
        // The rim of nothing would break the axis.
        data: rows.map((row) => ({
          value: row.counts[at],
          itemStyle: { ...(row.provisional && { decal: hatch }), ...(!row.counts[at] && { borderWidth: 0 }) },
        })),
      })),
      ...(before
        ? [
            {
              name: words.before,
              type: "line", // of dashes alone: one across each column
              symbol: "rect",
              symbolSize: [dash, 2.5],
              showAllSymbol: true,
              silent: true,
              emphasis: { scale: false },
              lineStyle: { opacity: 0 },
              itemStyle: { color: colours.text },
              data: before,
            },
          ]
        : []),
      ...(alerts
        ? [
            {
              name: words.alerts,
              type: "line", // of marks alone, above the columns with alerts
              symbol: "triangle",
              symbolSize: 10,
              symbolRotate: 180,
              symbolOffset: [0, -9],
              showAllSymbol: true,
              silent: true,
              emphasis: { scale: false },
              lineStyle: { opacity: 0 },
              itemStyle: { color: colours.failed, borderColor: colours.text, borderWidth: 1 },
              data: rows.map((row, at) => (alerts[at] ? row.counts.reduce((sum, n) => sum + n, 0) : null)),
            },
          ]
        : []),
      ...(line
        ? [
            {
              name: words.line,
              type: "line",
              yAxisIndex: 1,
              symbol: "circle",
              symbolSize: 6,
              showAllSymbol: true,
              silent: true,
              emphasis: { scale: false },
              lineStyle: { color: colours.text, width: 1.5 },
              itemStyle: { color: colours.text },
              data: line,
            },
          ]
        : []),
    ],
  };

  function isRound(index) {
    return Number(rows[index].clock.slice(11, 13)) % (days > 1 ? 6 : 2) === 0;
  }

  function tip(index) {
    const row = rows[index];
    const all = row.counts.reduce((sum, n) => sum + n, 0);
    return tipOf(dayName(row, unit, true), row.provisional && words.provisional, [
      ["", words.all, numbers.format(all)],
      ...classes.map((name, at) => [name, words[name], numbers.format(row.counts[at])]).reverse(),
      ...(before && index < before.length ? [["", words.before, numbers.format(before[index])]] : []),
      ...(alerts && alerts[index] ? [["", words.alerts, numbers.format(alerts[index])]] : []),
      ...(line && line[index] !== null ? [["", words.line, numbers.format(line[index])]] : []),
    ]);
  }
}

#pragma once
// SPDX-License-Identifier: MIT
// The look of a Report: light and dark, from a phone's width to a desk's.

namespace odot::io::detail {

/// Blue for what is right, orange for what is wrong: a pair that everybody can tell apart. Tables and commands that are
/// wider than the page scroll in their own box.
inline constexpr const char* report_style = R"css(
:root{color-scheme:light dark;--page:#fff;--card:#f5f6f8;--ink:#1d2129;--soft:#59606d;--rule:#dcdfe5;--link:#1a5fa0;
--hit:31,111,180;--miss:209,96,43;--on:#fff;--good:#1a5fa0;--bad:#a9441a;--open:#59606d;
--k0:#1f6fb4;--k1:#d1602b;--k2:#3a8f4d;--k3:#8a56ac;--k4:#b8860b;--k5:#c2559c;--k6:#2a9d9d;--k7:#666666}
@media (prefers-color-scheme:dark){:root{--page:#14171c;--card:#1d2128;--ink:#e6e8ec;--soft:#a3abb8;--rule:#353b46;
--link:#7ab8f5;--hit:95,168,232;--miss:240,140,85;--on:#0e1116;--good:#7ab8f5;--bad:#f2a07a;--open:#a3abb8;
--k0:#5fa8e8;--k1:#f08c55;--k2:#6cc17f;--k3:#b98ad9;--k4:#e0b040;--k5:#e586c2;--k6:#5cc9c9;--k7:#aaaaaa}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,
"Noto Sans",Arial,sans-serif;overflow-wrap:anywhere}
main{max-width:70rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:clamp(1.5rem,1.1rem + 2vw,2.2rem);line-height:1.2;margin:.5rem 0 .4rem;letter-spacing:-.01em}
h2{font-size:1.35rem;line-height:1.3;margin:2.8rem 0 .8rem;padding-top:.9rem;border-top:1px solid var(--rule)}
h3{font-size:1.05rem;margin:1.8rem 0 .5rem}
p{margin:.6rem 0;max-width:46rem}
a{color:var(--link)}
.lead{font-size:1.1rem;color:var(--soft);max-width:52rem}
.notice{border-left:.3rem solid rgb(var(--miss));background:var(--card);padding:.7rem 1rem;max-width:none}
nav{font-size:.92rem;margin:.9rem 0 0}
nav a{display:inline-block;margin:0 1rem .2rem 0;padding:.2rem 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.8rem,1fr));gap:.7rem;margin:1.4rem 0 0}
.tiles div{background:var(--card);border-radius:.5rem;padding:.7rem .9rem}
dl,dd{margin:0}
.tiles dt{font-size:.85rem;color:var(--soft)}
.tiles dd{font-size:1.35rem;font-weight:600;line-height:1.3;font-variant-numeric:tabular-nums}
.facts{display:grid;grid-template-columns:minmax(7rem,2fr) 3fr;margin:.8rem 0;font-size:.95rem}
.facts dt,.facts dd{padding:.32rem 0;border-bottom:1px solid var(--rule)}
.facts dt{color:var(--soft);padding-right:1rem}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr));gap:0 2.5rem;align-items:start}
.columns>div{min-width:0}
details{margin:1.6rem 0}summary{cursor:pointer;color:var(--link);padding:.2rem 0}
.scroll{overflow-x:auto;margin:.9rem 0;max-width:100%}
table{border-collapse:collapse;font-size:.92rem;overflow-wrap:normal}
.caption{color:var(--soft);margin:1.2rem 0 -.3rem;font-size:.92rem}
th,td{padding:.35rem .75rem;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
thead th{color:var(--soft);font-weight:600;white-space:nowrap;border-bottom:2px solid var(--rule)}
tbody th{font-weight:600}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.good{color:var(--good);font-weight:600}.bad{color:var(--bad);font-weight:600}.open{color:var(--open);font-style:italic}
.matrix td{text-align:center;min-width:2.9rem;padding:.35rem .4rem;border:2px solid var(--page);border-radius:.4rem;
font-variant-numeric:tabular-nums}
.matrix th{white-space:nowrap}
.matrix thead th{text-align:center;border-bottom:0;font-weight:500;padding:.2rem .4rem}
.matrix tbody th{text-align:right;border-bottom:0;font-weight:500;color:var(--soft);position:sticky;left:0;
background:var(--page)}
.matrix .h{background:rgba(var(--hit),var(--s))}.matrix .m{background:rgba(var(--miss),var(--s))}
.matrix .on{color:var(--on);font-weight:600}.matrix .z{color:var(--soft);opacity:.55}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,24rem),1fr));gap:1.4rem;margin:1rem 0}
.charts.small{grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr))}
.charts.wide{grid-template-columns:1fr}
figure{margin:0;min-width:0}
figcaption{font-size:.92rem;line-height:1.4}
.charts figcaption{font-weight:600;padding-left:.2rem}
.key{font-weight:400;color:var(--soft);font-size:.88rem;margin-left:.8rem}
.key span{white-space:nowrap;margin-right:1rem}
.key i{display:inline-block;width:1.1rem;height:.2rem;margin-right:.4rem;vertical-align:middle;border-radius:.1rem}
svg.chart{display:block;width:100%;height:auto;font-family:inherit}
svg.chart text[fill="#222"]{fill:var(--ink)}svg.chart text[fill="#555"]{fill:var(--soft)}
svg.chart line{stroke:var(--rule)}
.k0{background:var(--k0)}.chart [stroke="#1f6fb4"]{stroke:var(--k0)}.chart circle[fill="#1f6fb4"]{fill:var(--k0)}
.k1{background:var(--k1)}.chart [stroke="#d1602b"]{stroke:var(--k1)}.chart circle[fill="#d1602b"]{fill:var(--k1)}
.k2{background:var(--k2)}.chart [stroke="#3a8f4d"]{stroke:var(--k2)}.chart circle[fill="#3a8f4d"]{fill:var(--k2)}
.k3{background:var(--k3)}.chart [stroke="#8a56ac"]{stroke:var(--k3)}.chart circle[fill="#8a56ac"]{fill:var(--k3)}
.k4{background:var(--k4)}.chart [stroke="#b8860b"]{stroke:var(--k4)}.chart circle[fill="#b8860b"]{fill:var(--k4)}
.k5{background:var(--k5)}.chart [stroke="#c2559c"]{stroke:var(--k5)}.chart circle[fill="#c2559c"]{fill:var(--k5)}
.k6{background:var(--k6)}.chart [stroke="#2a9d9d"]{stroke:var(--k6)}.chart circle[fill="#2a9d9d"]{fill:var(--k6)}
.k7{background:var(--k7)}.chart [stroke="#666666"]{stroke:var(--k7)}.chart circle[fill="#666666"]{fill:var(--k7)}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.6rem,1fr));gap:1.1rem 1rem;margin:1rem 0}
.pictures img{display:block;width:100%;height:auto;image-rendering:pixelated;border-radius:.35rem;background:#808080}
.pictures.plain img{image-rendering:auto}
.pictures figcaption{font-size:.85rem;margin-top:.35rem;white-space:pre-line}
pre{background:var(--card);border-radius:.5rem;padding:.8rem 1rem;overflow-x:auto;font-size:.88rem;line-height:1.5}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre.wrap{white-space:pre-wrap}
footer{margin-top:3rem;color:var(--soft);font-size:.88rem}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
@media (max-width:34rem){.facts{grid-template-columns:minmax(0,45%) 1fr}.pictures{grid-template-columns:repeat(auto-fill,minmax(6.2rem,1fr))}
table{font-size:.86rem}th,td{padding:.35rem .45rem}.matrix td{min-width:2.2rem}}
@media print{h2{break-after:avoid}figure,.tiles{break-inside:avoid}nav{display:none}}
)css";

}  // namespace odot::io::detail

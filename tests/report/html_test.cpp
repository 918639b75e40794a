#include "report/html.hpp"

#include "tests/report/markup.hpp"
#include "tests/report/samples.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace fabricast {
namespace {

using test::Markup;
using test::read_markup;
using test::Tag;

std::string page_of(const HtmlReport& report) {
  std::ostringstream out;
  write_html(out, report);
  return out.str();
}

const std::set<std::string> kTags{
    "!DOCTYPE", "html",    "head",    "meta", "title", "style",   "body",  "header", "main",
    "nav",      "section", "article", "h1",   "h2",    "h3",      "p",     "a",      "ul",
    "li",       "strong",  "span",    "div",  "table", "caption", "thead", "tbody",  "tr",
    "th",       "td",      "dl",      "dt",   "dd",    "pre",     "code",  "figure", "figcaption",
    "svg",      "g",       "path",    "rect", "text"};
const std::set<std::string> kAttributes{
    "html",  // of !DOCTYPE
    "lang",       "charset", "http-equiv", "content", "name",     "id",         "class",
    "href",       "rel",     "scope",      "role",    "tabindex", "aria-label", "aria-labelledby",
    "viewBox",    "d",       "x",          "y",       "width",    "height",     "transform",
    "text-anchor"};

bool safe_link(const Tag& tag) {
  const std::string& address = tag.attributes.at("href");
  if (address[0] == '#') {
    return true;
  }
  const auto rel = tag.attributes.find("rel");
  return (address.rfind("http://", 0) == 0 || address.rfind("https://", 0) == 0) &&
         rel != tag.attributes.end() && rel->second == "noopener noreferrer";
}

void expect_harmless(const Markup& markup) {
  EXPECT_EQ(markup.error, "");
  for (const auto& tag : markup.tags) {
    const std::string name = tag.name[0] == '/' ? tag.name.substr(1) : tag.name;
    EXPECT_EQ(kTags.count(name), 1U) << name;
    for (const auto& [key, value] : tag.attributes) {
      EXPECT_EQ(kAttributes.count(key), 1U) << name << " " << key << "=" << value;
    }
    if (tag.name == "a") {
      EXPECT_TRUE(safe_link(tag)) << tag.attributes.at("href");
    }
  }
}

TEST(HtmlReport, LoadsNothingAndRunsNothing) {
  const std::string page = page_of(test::sample_report());
  for (const char* load :
       {"src=", "@import", "url(", "<script", "<link", "<iframe", "<object", "onload="}) {
    EXPECT_EQ(page.find(load), std::string::npos) << load;
  }
  EXPECT_NE(page.find("content=\"default-src 'none'; style-src 'unsafe-inline'\""),
            std::string::npos);
}

TEST(HtmlReport, HasOnlyTagsAndAttributesThatItMeansToHave) {
  expect_harmless(read_markup(page_of(test::sample_report())));
}

TEST(HtmlReport, HostileTextInEveryFieldAddsNoMarkup) {
  const Markup hostile = read_markup(page_of(test::hostile_report()));
  expect_harmless(hostile);
  const std::string page = page_of(test::hostile_report());
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("]]>"), std::string::npos);
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
  EXPECT_EQ(page.find('\xff'), std::string::npos);
}

TEST(HtmlReport, WorksWithoutAnyData) {
  const std::string page = page_of(HtmlReport{"empty", {}, {}, {}, {}, {}, {}});
  expect_harmless(read_markup(page));
  for (const char* said : {"Nothing was measured",
                           "No curve",
                           "Nothing was forecast",
                           "No calibration was recorded"}) {
    EXPECT_NE(page.find(said), std::string::npos) << said;
  }
}

TEST(HtmlReport, EverySectionIsNamedAndReachable) {
  const Markup markup = read_markup(page_of(test::sample_report()));
  std::set<std::string> ids;
  std::set<std::string> wanted;
  for (const auto& tag : markup.tags) {
    if (tag.attributes.count("id") == 1) {
      EXPECT_TRUE(ids.insert(tag.attributes.at("id")).second)
          << "twice: " << tag.attributes.at("id");
    }
    if (tag.attributes.count("aria-labelledby") == 1) {
      wanted.insert(tag.attributes.at("aria-labelledby"));
    }
    if (tag.name == "a" && tag.attributes.at("href")[0] == '#') {
      wanted.insert(tag.attributes.at("href").substr(1));
    }
  }
  EXPECT_EQ(wanted.size(), 18U);
  for (const auto& id : wanted) {
    EXPECT_EQ(ids.count(id), 1U) << id;
  }
}

TEST(HtmlReport, FiguresAndTablesCanBeReadWithoutSeeing) {
  const Markup markup = read_markup(page_of(test::sample_report()));
  for (const auto& tag : markup.tags) {
    if (tag.name == "svg") {
      EXPECT_EQ(tag.attributes.at("role"), "img");
      EXPECT_FALSE(tag.attributes.at("aria-label").empty());
    }
    if (tag.name == "th") {
      EXPECT_TRUE(tag.attributes.count("scope") == 1);
    }
    if (tag.name == "html") {
      EXPECT_EQ(tag.attributes.at("lang"), "en");
    }
  }
}

TEST(HtmlReport, SaysWrongResultsAtTheTop) {
  HtmlReport report = test::sample_report();
  EXPECT_NE(page_of(report).find("1,234,567 were WRONG"), std::string::npos);
  for (auto& r : report.records) {
    r.wrong_elements = 0;
  }
  EXPECT_NE(page_of(report).find("none was wrong"), std::string::npos);
  EXPECT_EQ(page_of(report).find("WRONG"), std::string::npos);
}

// For a look at the pages: FABRICAST_REPORT_SAMPLE=DIR writes sample.html and hostile.html there.
TEST(HtmlReport, SamplesCanBeWrittenForReview) {
  const char* folder = std::getenv("FABRICAST_REPORT_SAMPLE");  // NOLINT(concurrency-mt-unsafe)
  if (folder == nullptr) {
    GTEST_SKIP() << "FABRICAST_REPORT_SAMPLE is not set";
  }
  std::ofstream sample(std::string(folder) + "/sample.html");
  write_html(sample, test::sample_report());
  std::ofstream hostile(std::string(folder) + "/hostile.html");
  write_html(hostile, test::hostile_report());
  EXPECT_TRUE(sample.good() && hostile.good());
}

}  // namespace
}  // namespace fabricast

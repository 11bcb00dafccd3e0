// A software radio for tests, as a SoapySDR module: plays recordings as if they were on the air.
//
// What is on the air: every `FREQUENCY@RATE@PATH` of the device argument `air` (entries separated by `|`; ci8 samples,
// played in a loop), and noise. The radio honours its sample rate, its centre frequency and its gain: recordings that
// overlap the received band are resampled, shifted to where they lie in it and added up.
//
// Pace: `speed=1` is real time; samples that nobody takes within 150 ms are dropped and an overflow is reported, as real
// radios do. `speed=0` gives them as fast as they are asked for.
//
// Faults, each by a device argument: `overflow_at=N,M` (drop 5,000 samples at the Nth and Mth read; `;` between them in
// a list of arguments), `timeout_at`, `short_reads=1`, `gone_at=SECONDS` with `gone_for=SECONDS`, `busy=1`, `silent=1`
// (only timeouts), `rounds=1` (takes another rate than it is asked for).
// Settings: `biastee` (with `needs_bias=1` nothing is received until it is true), clock sources `internal` and `external`
// (`ppm` is the error of the internal one), gains by stage.
// Others: `format=CS8|CS16|CF32` (native), `time=0` (no clock), `serial`, `rates=LOW:HIGH`, `ppm` (crystal error),
// `loops=FOLDER` (what a tuning receives is kept there: a later run tunes as fast as a radio does).

#include <SoapySDR/Device.hpp>
#include <SoapySDR/Errors.hpp>
#include <SoapySDR/Formats.hpp>
#include <SoapySDR/Registry.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using Sample = std::complex<float>;
using Clock = std::chrono::steady_clock;

/// Samples a read.
constexpr size_t MTU = 16384;
/// Gain at which recordings come out at their own level.
constexpr double UNITY_GAIN_DB = 30.0;
/// How long samples wait for somebody to take them.
constexpr double BUFFER_S = 0.15;
/// Noise amplitude at unity gain: one step of eight bits.
constexpr float NOISE = 0.004f;
/// Length of the loop that is played.
constexpr double LOOP_S = 0.16;

std::string text(const SoapySDR::Kwargs &args, const char *key, const char *otherwise) {
    const auto found = args.find(key);
    return found == args.end() ? otherwise : found->second;
}

double number(const SoapySDR::Kwargs &args, const char *key, double otherwise) {
    const auto found = args.find(key);
    return found == args.end() ? otherwise : std::stod(found->second);
}

std::vector<std::string> split(const std::string &list, char separator) {
    std::vector<std::string> parts;
    std::stringstream stream(list);
    for (std::string part; std::getline(stream, part, separator);)
        if (!part.empty()) parts.push_back(part);
    return parts;
}

/// A recording on the air.
struct Recording {
    double frequency;
    double rate;
    std::string path;
    std::vector<int8_t> bytes;
};

/// When the radio was first opened, and from when until when it is pulled out: both outlive the device.
std::mutex plug;
Clock::time_point first_opened;
bool was_opened = false;

class Playback : public SoapySDR::Device {
  public:
    explicit Playback(const SoapySDR::Kwargs &args) : args(args) {
        if (number(args, "busy", 0) != 0) throw std::runtime_error("the device is in use by another program");
        {
            std::lock_guard<std::mutex> guard(plug);
            if (is_out()) throw std::runtime_error("no such device");
            if (!was_opened) first_opened = Clock::now();
            was_opened = true;
        }
        speed = number(args, "speed", 0);
        has_time = number(args, "time", 1) != 0;
        crystal = number(args, "ppm", 0) * 1e-6;
        for (const auto &entry : split(text(args, "air", ""), '|')) {
            const auto parts = split(entry, '@');
            if (parts.size() != 3) throw std::runtime_error("playback: air entry " + entry);
            Recording recording{std::stod(parts[0]), std::stod(parts[1]), parts[2], {}};
            std::ifstream file(recording.path, std::ios::binary);
            if (!file) throw std::runtime_error("playback: cannot read " + recording.path);
            recording.bytes.assign(std::istreambuf_iterator<char>(file), {});
            air.push_back(std::move(recording));
        }
        for (const auto &at : split(text(args, "overflow_at", ""), ';')) overflow_at.insert(std::stoll(at));
        for (const auto &at : split(text(args, "timeout_at", ""), ';')) timeout_at.insert(std::stoll(at));
        const auto range = split(text(args, "rates", "250000:61440000"), ':');
        least_rate = std::stod(range.at(0));
        most_rate = std::stod(range.at(1));
    }

    /// Whether the radio is pulled out now.
    bool is_out() const {
        const double at = number(args, "gone_at", -1);
        if (at < 0 || !was_opened) return false;
        const double since = std::chrono::duration<double>(Clock::now() - first_opened).count();
        return since >= at && since < at + number(args, "gone_for", 1e9);
    }

    std::string getDriverKey() const override { return "playback"; }
    std::string getHardwareKey() const override { return "playback"; }
    size_t getNumChannels(const int direction) const override { return direction == SOAPY_SDR_RX ? 1 : 0; }
    std::vector<std::string> listAntennas(const int, const size_t) const override { return {"RX", "LNAW"}; }
    void setAntenna(const int, const size_t, const std::string &name) override { antenna = name; }
    std::string getAntenna(const int, const size_t) const override { return antenna; }

    std::vector<std::string> listGains(const int, const size_t) const override { return {"LNA", "VGA"}; }
    SoapySDR::Range getGainRange(const int, const size_t) const override { return {0, 60, 1}; }
    SoapySDR::Range getGainRange(const int, const size_t, const std::string &name) const override {
        return name == "LNA" ? SoapySDR::Range(0, 20, 1) : SoapySDR::Range(0, 40, 1);
    }
    double getGain(const int, const size_t) const override { return gain; }
    void setGain(const int, const size_t, const std::string &name, const double value) override {
        std::lock_guard<std::mutex> guard(mutex);
        stages[name] = value;
        gain = stages["LNA"] + stages["VGA"];
    }
    std::vector<std::string> listClockSources() const override { return {"internal", "external"}; }
    void setClockSource(const std::string &source) override { clock_source = source; }
    std::string getClockSource() const override { return clock_source; }
    std::vector<std::string> listTimeSources() const override { return {"none", "pps"}; }
    void writeSetting(const std::string &key, const std::string &value) override {
        if (key != "biastee") throw std::runtime_error("no setting " + key);
        std::lock_guard<std::mutex> guard(mutex);
        has_bias = value == "true";
    }
    std::string readSetting(const std::string &key) const override {
        return key == "biastee" ? (has_bias ? "true" : "false") : "";
    }
    void setGain(const int, const size_t, const double value) override {
        std::lock_guard<std::mutex> guard(mutex);
        gain = std::clamp(value, 0.0, 60.0);
    }

    std::vector<std::string> listFrequencies(const int, const size_t) const override { return {"RF"}; }
    SoapySDR::RangeList getFrequencyRange(const int, const size_t) const override { return {{70e6, 6e9}}; }
    SoapySDR::RangeList getFrequencyRange(const int, const size_t, const std::string &) const override {
        return {{70e6, 6e9}};
    }
    double getFrequency(const int, const size_t) const override { return frequency; }
    double getFrequency(const int, const size_t, const std::string &) const override { return frequency; }
    void setFrequency(const int, const size_t, const double value, const SoapySDR::Kwargs &) override { tune(value); }
    void setFrequency(const int, const size_t, const std::string &, const double value, const SoapySDR::Kwargs &) override {
        tune(value);
    }

    SoapySDR::RangeList getSampleRateRange(const int, const size_t) const override { return {{least_rate, most_rate}}; }
    double getSampleRate(const int, const size_t) const override { return rate; }
    void setSampleRate(const int, const size_t, const double value) override {
        std::lock_guard<std::mutex> guard(mutex);
        if (value < least_rate || value > most_rate) throw std::runtime_error("sample rate out of range");
        rate = number(args, "rounds", 0) != 0 ? std::round(value / 1e6) * 1e6 + 1 : value;
        loop = nullptr;
    }
    SoapySDR::RangeList getBandwidthRange(const int, const size_t) const override { return {{200e3, 56e6}}; }
    void setBandwidth(const int, const size_t, const double value) override { bandwidth = value; }
    double getBandwidth(const int, const size_t) const override { return bandwidth; }

    std::vector<std::string> getStreamFormats(const int, const size_t) const override {
        return {SOAPY_SDR_CS8, SOAPY_SDR_CS16, SOAPY_SDR_CF32};
    }
    std::string getNativeStreamFormat(const int, const size_t, double &full_scale) const override {
        const std::string native = text(args, "format", "CS8");
        // A radio of 12 bits in 16.
        full_scale = native == SOAPY_SDR_CS8 ? 128 : native == SOAPY_SDR_CS16 ? 2048 : 1;
        return native;
    }
    bool hasHardwareTime(const std::string &) const override { return has_time; }
    long long getHardwareTime(const std::string &) const override {
        std::lock_guard<std::mutex> guard(mutex);
        return time_of(given());
    }

    SoapySDR::Stream *setupStream(const int direction, const std::string &asked, const std::vector<size_t> &,
                                  const SoapySDR::Kwargs &) override {
        if (direction != SOAPY_SDR_RX) throw std::runtime_error("this radio only receives");
        format = asked;
        return reinterpret_cast<SoapySDR::Stream *>(this);
    }
    void closeStream(SoapySDR::Stream *) override {}
    size_t getStreamMTU(SoapySDR::Stream *) const override { return MTU; }
    int activateStream(SoapySDR::Stream *, const int, const long long, const size_t) override {
        std::lock_guard<std::mutex> guard(mutex);
        started = Clock::now();
        started_at = taken;
        active = true;
        return 0;
    }
    int deactivateStream(SoapySDR::Stream *, const int, const long long) override {
        std::lock_guard<std::mutex> guard(mutex);
        active = false;
        return 0;
    }

    int readStream(SoapySDR::Stream *, void *const *buffers, const size_t asked, int &flags, long long &time_ns,
                   const long timeout_us) override {
        std::unique_lock<std::mutex> guard(mutex);
        flags = 0;
        reads += 1;
        if (is_out()) return SOAPY_SDR_STREAM_ERROR;
        if (!active) return SOAPY_SDR_STREAM_ERROR;
        if (number(args, "silent", 0) != 0 || timeout_at.count(reads)) {
            guard.unlock();
            std::this_thread::sleep_for(std::chrono::microseconds(std::min(timeout_us, 100000L)));
            return SOAPY_SDR_TIMEOUT;
        }
        if (overflow_at.count(reads)) {
            taken += 5000;
            return SOAPY_SDR_OVERFLOW;
        }
        size_t length = std::min(asked, MTU);
        if (number(args, "short_reads", 0) != 0) length = std::min<size_t>(length, 100 + reads % 1900);
        if (speed > 0) {
            if (given() > taken + static_cast<long long>(BUFFER_S * rate)) {
                taken = given();
                return SOAPY_SDR_OVERFLOW;
            }
            const auto due = started + std::chrono::duration_cast<Clock::duration>(
                                           std::chrono::duration<double>((taken + length - started_at) / (rate * speed)));
            guard.unlock();
            std::this_thread::sleep_until(due);
            guard.lock();
        }
        play(buffers[0], length);
        if (has_time) {
            flags = SOAPY_SDR_HAS_TIME;
            time_ns = time_of(taken);
        }
        taken += length;
        return static_cast<int>(length);
    }

  private:
    SoapySDR::Kwargs args;
    std::vector<Recording> air;
    std::string antenna = "RX", format, clock_source = "internal";
    std::map<std::string, double> stages;
    bool has_bias = false;
    std::set<long long> overflow_at, timeout_at;
    double speed, crystal, least_rate, most_rate;
    double frequency = 100e6, rate = 2e6, gain = UNITY_GAIN_DB, bandwidth = 0;
    bool has_time, active = false;
    long long taken = 0, started_at = 0, reads = 0;
    Clock::time_point started = Clock::now();
    /// What is on the air at a tuning, in eight bits at unity gain, and the one played now.
    std::map<std::pair<double, double>, std::vector<int8_t>> loops;
    const std::vector<int8_t> *loop = nullptr;
    mutable std::mutex mutex;

    void tune(double value) {
        std::lock_guard<std::mutex> guard(mutex);
        if (value < 70e6 || value > 6e9) throw std::runtime_error("frequency out of range");
        frequency = value;
        // Made here and not at the first read: that takes longer than samples wait to be taken.
        loop = &build_loop();
        // The samples that are on their way were received before.
        taken = std::max(taken, given());
    }

    /// Samples that the radio has received by now.
    long long given() const {
        if (speed <= 0 || !active) return taken;
        const double since = std::chrono::duration<double>(Clock::now() - started).count();
        return started_at + static_cast<long long>(since * rate * speed);
    }

    double crystal_error() const { return clock_source == "internal" ? crystal : 0; }

    long long time_of(long long sample) const { return std::llround(sample / rate * 1e9) + 1000000000LL; }

    /// The sum of all recordings as this tuning receives them, made once.
    const std::vector<int8_t> &build_loop() {
        auto &bytes = loops[{frequency, rate}];
        if (!bytes.empty()) return bytes;
        // One recording at just this tuning is played as it is.
        if (air.size() == 1 && air[0].frequency == frequency && air[0].rate == rate && crystal_error() == 0)
            return bytes = air[0].bytes;
        const size_t length = std::llround(LOOP_S * rate);
        const std::string folder = text(args, "loops", "");
        const std::string kept = folder + "/" + std::to_string(std::llround(frequency)) + "-" + std::to_string(std::llround(rate));
        if (!folder.empty()) {
            std::ifstream file(kept, std::ios::binary);
            bytes.resize(2 * length);
            if (file.read(reinterpret_cast<char *>(bytes.data()), std::streamsize(bytes.size()))) return bytes;
        }
        std::vector<Sample> sum(length);
        const bool is_deaf = number(args, "needs_bias", 0) != 0 && !has_bias;
        for (const auto &recording : air) {
            if (is_deaf) break;
            const double shift = recording.frequency * (1 - crystal_error()) - frequency;
            if (std::abs(shift) < std::max(recording.rate, rate) / 2) add(recording, shift, sum);
        }
        bytes.resize(2 * length);
        uint64_t state = 88172645463325252ULL;
        const auto noise = [&] {
            float sum = 0;
            for (int i = 0; i < 4; i++) {
                state ^= state << 13, state ^= state >> 7, state ^= state << 17;
                sum += (state >> 40) * (1.0f / (1 << 24)) - 0.5f;
            }
            return sum * 1.73f * NOISE;
        };
        const auto step = [](float x) { return static_cast<int8_t>(std::lrint(std::clamp(x * 128, -128.0f, 127.0f))); };
        for (size_t i = 0; i < length; i++) {
            bytes[2 * i] = step(sum[i].real() + noise());
            bytes[2 * i + 1] = step(sum[i].imag() + noise());
        }
        if (!folder.empty()) {
            std::ofstream file(kept, std::ios::binary);
            file.write(reinterpret_cast<const char *>(bytes.data()), std::streamsize(bytes.size()));
        }
        return bytes;
    }

    /// Adds a recording, resampled by a windowed sinc and shifted at the higher of both rates.
    void add(const Recording &recording, double shift, std::vector<Sample> &sum) const {
        constexpr int HALF = 16, PHASES = 256;
        const size_t length = recording.bytes.size() / 2;
        const double step = recording.rate / rate * (1 - crystal_error());
        // Cut off where the narrower of both bands ends.
        const double edge = std::min({1.0, 1.0 / step});
        static thread_local std::vector<float> taps;
        taps.resize((PHASES + 1) * 2 * HALF);
        for (int phase = 0; phase <= PHASES; phase++)
            for (int k = 0; k < 2 * HALF; k++) {
                const double x = k - HALF + 1 - double(phase) / PHASES;
                const double sinc = std::abs(x) < 1e-9 ? 1 : std::sin(M_PI * edge * x) / (M_PI * edge * x);
                taps[phase * 2 * HALF + k] = float(edge * sinc * (0.5 + 0.5 * std::cos(M_PI * x / (HALF + 1))));
            }
        const bool shift_first = step > 1;
        const auto turned = [&](double at_rate, size_t i) {
            const double angle = std::fmod(2 * M_PI * shift / at_rate * double(i), 2 * M_PI);
            return Sample(float(std::cos(angle)), float(std::sin(angle)));
        };
        std::vector<Sample> samples(length);
        for (size_t i = 0; i < length; i++)
            samples[i] = Sample(recording.bytes[2 * i] / 128.0f, recording.bytes[2 * i + 1] / 128.0f);
        if (!shift_first) keep_within(recording.rate, shift, samples);
        if (shift_first)
            for (size_t i = 0; i < length; i++) samples[i] *= turned(recording.rate, i);
        for (size_t i = 0; i < sum.size(); i++) {
            const double place = std::fmod(i * step, double(length));
            const long first = static_cast<long>(place);
            const float *row = &taps[int((place - first) * PHASES) * 2 * HALF];
            Sample value = 0;
            for (int k = 0; k < 2 * HALF; k++) {
                const long at = first + k - HALF + 1;
                value += row[k] * samples[(at + long(length)) % long(length)];
            }
            sum[i] += shift_first ? value : value * turned(rate, i);
        }
    }

    /// Takes off what lies beyond the received band, as a radio's filter does: it would fold in at the other end.
    void keep_within(double from_rate, double shift, std::vector<Sample> &samples) const {
        constexpr int HALF = 64;
        const double low = std::max(-from_rate, -0.96 * rate - 2 * shift) / 2, high = std::min(from_rate, 0.96 * rate - 2 * shift) / 2;
        if (high - low >= from_rate) return;
        const double middle = (low + high) / 2 / from_rate, width = std::max(high - low, 0.0) / from_rate;
        Sample taps[2 * HALF + 1];
        for (int k = -HALF; k <= HALF; k++) {
            const double sinc = k == 0 ? width : std::sin(M_PI * width * k) / (M_PI * k);
            const double weight = sinc * (0.5 + 0.5 * std::cos(M_PI * k / (HALF + 1)));
            taps[k + HALF] = Sample(std::polar(weight, 2 * M_PI * middle * k));
        }
        const std::vector<Sample> before = samples;
        const long length = samples.size();
        for (long i = 0; i < length; i++) {
            Sample value = 0;
            for (int k = -HALF; k <= HALF; k++) value += taps[k + HALF] * before[(i - k + length) % length];
            samples[i] = value;
        }
    }

    /// Gives the next samples of the loop at the gain.
    void play(void *buffer, size_t length) const {
        const size_t total = loop->size() / 2;
        const float level = float(std::pow(10, (gain - UNITY_GAIN_DB) / 20));
        const bool plain = gain == UNITY_GAIN_DB && format == SOAPY_SDR_CS8;
        size_t done = 0;
        while (done < length) {
            const size_t at = size_t(taken + done) % total, now = std::min(length - done, total - at);
            const int8_t *from = loop->data() + 2 * at;
            if (plain) {
                std::memcpy(static_cast<int8_t *>(buffer) + 2 * done, from, 2 * now);
            } else if (format == SOAPY_SDR_CS8) {
                int8_t *to = static_cast<int8_t *>(buffer) + 2 * done;
                for (size_t i = 0; i < 2 * now; i++) to[i] = int8_t(std::lrint(std::clamp(from[i] * level, -128.0f, 127.0f)));
            } else if (format == SOAPY_SDR_CS16) {
                int16_t *to = static_cast<int16_t *>(buffer) + 2 * done;
                for (size_t i = 0; i < 2 * now; i++)
                    to[i] = int16_t(std::lrint(std::clamp(from[i] * 16 * level, -2048.0f, 2047.0f)));
            } else {
                float *to = static_cast<float *>(buffer) + 2 * done;
                for (size_t i = 0; i < 2 * now; i++) to[i] = std::clamp(from[i] / 128.0f * level, -1.0f, 1.0f);
            }
            done += now;
        }
    }
};

SoapySDR::KwargsList find(const SoapySDR::Kwargs &args) {
    if (args.count("driver") == 0 || args.at("driver") != "playback" || number(args, "absent", 0) != 0) return {};
    SoapySDR::Kwargs found = args;
    found["label"] = "Playback radio";
    found["serial"] = text(args, "serial", "PB1");
    return {found};
}

SoapySDR::Device *make(const SoapySDR::Kwargs &args) { return new Playback(args); }

SoapySDR::Registry registration("playback", &find, &make, SOAPY_SDR_ABI_VERSION);

} // namespace

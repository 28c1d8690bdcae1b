defmodule Talk.Programme do
  @moduledoc "The talks of all years, always the same ones, and which words they have; in ETS, for everybody to read."
  use GenServer

  @years 2012..2025
  @settings ["in production", "at scale", "for beginners", "without tears", "on small machines"]
  @subjects ~w(Supervisors Processes Macros Protocols Clusters Streams Releases Telemetry Schedulers Messages)
  @lines [
    "Every process has its own heap, and that changes what garbage collection means.",
    "We moved a monolith to Elixir one endpoint at a time, and it kept answering.",
    "A supervisor is a promise about what happens when a promise is broken.",
    "The scheduler gives each process so many reductions, and then it is somebody else's turn.",
    "What we took for the database was a list that grew while nobody looked.",
    "Bring a laptop: there will be flame graphs.",
    "Questions are welcome at any time, answers mostly towards the end.",
    "Messages are copied, except when they are not, and the difference is worth an hour.",
    "No Erlang is needed, but a fear of mutable state helps.",
    "In the end it was a regular expression. It is often a regular expression.",
    "The second half is live, on a cluster that fits into hand luggage."
  ]

  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  def words(text), do: text |> String.downcase() |> String.split([" ", ".", ",", ":"], trim: true) |> Enum.uniq()

  @doc "The ids of the talks that have the word."
  def with_word(word), do: for({_word, id} <- :ets.lookup(Talk.Words, word), do: id)

  @doc "The culprit: ETS copies what it answers, here all talks for the sake of one, and a search asks for each that it found."
  def talk(id) do
    {^id, talk} = Talk.Talks |> :ets.lookup_element(:all, 2) |> List.keyfind(id, 0)
    talk
  end

  @impl true
  def init(_) do
    talks = talks()
    :ets.new(Talk.Talks, [:named_table])
    :ets.insert(Talk.Talks, {:all, talks})
    :ets.new(Talk.Words, [:named_table, :bag])
    for {id, talk} <- talks, word <- words(Enum.join([talk.title | talk.abstract], " ")), do: :ets.insert(Talk.Words, {word, id})
    {:ok, nil}
  end

  defp talks do
    entries = for year <- @years, setting <- @settings, subject <- @subjects, do: {year, "#{subject} #{setting}"}
    for {{year, title}, id} <- Enum.with_index(entries), do: {id, %{year: year, title: title, abstract: abstract(id)}}
  end

  defp abstract(id), do: for(k <- 1..3, do: Enum.at(@lines, rem(id + 2 * k, length(@lines))))
end

defmodule Talk.Search do
  @moduledoc "The talks that have most of the words, the newest first."

  alias Talk.Programme

  @shown 5

  def find(question) do
    question
    |> Programme.words()
    |> Enum.flat_map(&Programme.with_word/1)
    |> Enum.frequencies()
    |> Enum.map(fn {id, words} -> {words, Programme.talk(id)} end)
    |> Enum.sort_by(fn {words, talk} -> {words, talk.year, talk.title} end, :desc)
    |> Enum.take(@shown)
    |> Enum.map_join("\n", fn {words, talk} -> "#{talk.title} (#{talk.year}): #{words}" end)
  end
end
